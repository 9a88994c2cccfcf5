import { deepStrictEqual, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Report } from "../harness/report.ts";
import { userFiles } from "./user-files.ts";

const root = join(import.meta.dirname, "../..");
const LIMIT_MS = 240_000;
/** What a user has beside the package. */
const dependencies = ["kafkajs@2.2.4", "vitest@4", "jest@30"];

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A project of a user in an empty folder. */
class Project {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Runs a command in it to its end, whatever that is. */
  async run(...argv: string[]): Promise<Ended> {
    const child = this.spawn(...argv);
    let [out, err] = ["", ""];
    child.stdout.on("data", (text: Buffer) => {
      out += text.toString();
    });
    child.stderr.on("data", (text: Buffer) => {
      err += text.toString();
    });
    const [code] = await once(child, "close");
    return { code, out, err };
  }

  /** The same, and an error if it fails. */
  async must(...argv: string[]): Promise<Ended> {
    const ended = await this.run(...argv);
    const said = (ended.out + ended.err).trim().slice(-1500);
    ok(ended.code === 0, `${argv.join(" ")} ended with ${ended.code}: ${said}`);
    return ended;
  }

  spawn(...argv: string[]) {
    const [file = "", ...rest] = argv;
    const env = { ...process.env, CI: "true", NO_COLOR: "1" };
    // Settings of the npm and the test runner that run this are not the user's.
    for (const name of Object.keys(env)) {
      if (/^(npm_|NODE_OPTIONS$|VITEST|JEST)/i.test(name)) Reflect.deleteProperty(env, name);
    }
    const limits = { timeout: LIMIT_MS, killSignal: "SIGKILL" as const };
    return spawn(file, rest, { cwd: this.folder, env, ...limits });
  }
}

async function install(project: Project): Promise<string> {
  const pack = ["npm", "pack", root, "--ignore-scripts", "--json", "--silent"];
  const [packed] = JSON.parse((await project.must(...pack)).out) as {
    readonly filename: string;
    readonly size: number;
    readonly files: readonly { readonly path: string }[];
  }[];
  ok(packed !== undefined);
  const strays = packed.files.filter(
    ({ path }) => !/^(dist\/|package\.json$|README|LICENSE|CHANGELOG)/.test(path),
  );
  deepStrictEqual(strays, []);
  await writeFile(join(project.folder, "package.json"), '{ "private": true }\n');
  for (const [name, text] of Object.entries(userFiles)) {
    await mkdir(dirname(join(project.folder, name)), { recursive: true });
    await writeFile(join(project.folder, name), text);
  }
  const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
  await project.must("npm", "install", ...quiet, `./${packed.filename}`, ...dependencies);
  return `${Math.round(packed.size / 1000)} kB`;
}

async function help(project: Project): Promise<undefined> {
  const { out, err } = await project.must("npx", "odradek", "--help");
  match(out, /--port/);
  // npm itself may have something to say about its settings.
  deepStrictEqual(err.replaceAll(/^npm .*\n/gm, ""), "");
}

/** The program as npx runs it: a record goes in and out, and SIGTERM ends it in good order. */
async function program(project: Project): Promise<undefined> {
  const data = join(project.folder, "data");
  const atOnce = ["--override", "group.initial.rebalance.delay.ms=0"];
  const main = join(project.folder, "node_modules/.bin/odradek");
  const broker = project.spawn(main, "--port", "0", "--data-dir", data, ...atOnce);
  const ended = once(broker, "close");
  try {
    const [said] = await Promise.race([
      once(broker.stdout, "data"),
      ended.then(([code]) => Promise.reject(new Error(`it ended with ${code}`))),
    ]);
    const bootstrap = String(said).trim();
    match(bootstrap, /^localhost:\d+$/);
    const { out } = await project.must("node", "round-trip.mjs", bootstrap);
    deepStrictEqual(out, "read 1\n");
    await commands(project, bootstrap);
    broker.kill("SIGTERM");
    const [code] = await ended;
    deepStrictEqual(code, 0);
    ok((await readdir(data)).includes("orders-0"));
  } finally {
    broker.kill("SIGKILL");
  }
  return undefined;
}

/** The commands beside it, from the same package: a line goes in and out. */
async function commands(project: Project, bootstrap: string): Promise<void> {
  const where = `--bootstrap-server ${bootstrap} --topic lines`;
  await project.must("sh", "-c", `echo typed | npx odradek produce ${where}`);
  const { out } = await project.must(
    ...[
      "npx",
      "odradek",
      "consume",
      ...where.split(" "),
      "--from-beginning",
      "--max-messages",
      "1",
    ],
  );
  deepStrictEqual(out, "typed\n");
  const offsets = await project.must("npx", "odradek", "offsets", ...where.split(" "));
  deepStrictEqual(offsets.out, "lines:0:1\n");
}

const checks: Readonly<Record<string, (project: Project) => Promise<string | undefined>>> = {
  "npx odradek --help": help,
  "the program starts, serves kafkajs, and stops": program,
  "startBroker from an ES module": (project) => library(project, "library.mjs"),
  "startBroker from CommonJS": (project) => library(project, "library.cjs"),
  "startBroker in a vitest project": async (project) => {
    await project.must("npx", "vitest", "run", "--dir", "vitest");
    return undefined;
  },
  "startBroker in a jest project, which ends by itself": async (project) => {
    const { err } = await project.must("npx", "jest", "--rootDir", "jest");
    ok(!/did not exit|failed to exit/.test(err), err);
    return undefined;
  },
  "the types, for ES modules and CommonJS": async (project) => {
    const tsc = join(root, "node_modules/typescript/bin/tsc");
    await project.must("node", tsc, "-p", "types");
    return undefined;
  },
};

/** The process must end by itself once the broker is stopped. */
async function library(project: Project, file: string): Promise<undefined> {
  deepStrictEqual((await project.must("node", file)).out, "read 1\n");
  return undefined;
}

/** The built package, as npm packs it, in a project that has nothing of ours besides. */
export async function checkPackage(report: Report): Promise<void> {
  const project = new Project(await mkdtemp(join(tmpdir(), "odradek-package-")));
  try {
    const installed = await report.check("package: packed and installed in an empty folder", () =>
      install(project),
    );
    if (!installed) return;
    for (const [claim, work] of Object.entries(checks)) {
      await report.check(`package: ${claim}`, () => work(project));
    }
  } finally {
    await rm(project.folder, { recursive: true, force: true });
  }
}
