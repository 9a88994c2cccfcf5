import { readFileSync } from "node:fs";
import { interruptedBy } from "./cli/commands/exit-codes.ts";
import { runCommand } from "./cli/commands/run-command.ts";

function version(): string {
  const file = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(file) as { version: string }).version;
}

const HOUR_MS = 3_600_000;

let isOutputGone = false;
process.stdout.on("error", () => {
  isOutputGone = true;
});

const interruption = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) process.exit(interruptedBy(interruption.signal));
    interruption.abort(signal);
  });
}

// A command that waits for its next try has nothing else that keeps the process.
const awake = setInterval(() => {}, HOUR_MS);

void runCommand({
  arguments: process.argv.slice(2),
  version,
  readFile: (path) => readFileSync(path, "utf8"),
  print: (text) => void (isOutputGone || process.stdout.write(text)),
  complain: (text) => void process.stderr.write(text),
  isOutputGone: () => isOutputGone,
  stdin: process.stdin as AsyncIterable<Buffer>,
  isInteractive: process.stdin.isTTY,
  signal: interruption.signal,
}).then(
  // What was printed leaves before the process does; standard input may stay open.
  (exitCode) => {
    clearInterval(awake);
    process.stdout.write("", () => process.exit(exitCode));
  },
);
