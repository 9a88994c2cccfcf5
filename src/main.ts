import { readFileSync, writeSync } from "node:fs";
import { isatty } from "node:tty";
import { whenParentGoes } from "./cli/parent.ts";
import { run } from "./cli/run.ts";

const STDOUT = 1;
const STDERR = 2;

/** Written when this returns, unless the reader has gone: then nobody misses it. */
function write(descriptor: number, text: string): void {
  try {
    writeSync(descriptor, text);
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    // The pipe is full: the stream waits, and keeps the order.
    if (error.code === "EAGAIN")
      (descriptor === STDOUT ? process.stdout : process.stderr).write(text);
    else if (error.code !== "EPIPE") throw error;
  }
}

function version(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}

const isTerminal = isatty(STDERR);

/** `npm start` here; not the script of another package, which may leave a broker behind on purpose. */
const isNpmStart =
  process.env["npm_lifecycle_event"] === "start" && process.env["npm_package_name"] === "odradek";

void run({
  arguments: process.argv.slice(2),
  environment: process.env,
  version,
  readFile: (path) => readFileSync(path, "utf8"),
  print: (text) => write(STDOUT, text),
  complain: (text) => write(STDERR, text),
  isTerminal,
  isColoured: isTerminal && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb",
  onSignal(stop) {
    for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, stop);
    if (isNpmStart)
      whenParentGoes(
        () => process.ppid,
        () => stop("SIGTERM"),
      );
  },
  onUncaught(fail) {
    process.on("uncaughtException", fail);
    process.on("unhandledRejection", fail);
  },
  exit: (code) => process.exit(code),
});
