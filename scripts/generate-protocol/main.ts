import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { emitApiList } from "./emit-api-list.ts";
import { emitFile } from "./emit-file.ts";
import { loadSpecs } from "./load.ts";

/**
 * `npm run generate` writes src/protocol/generated anew from protocol-specs; with `--check` it only
 * compares, and fails where the committed files are not what the specs say.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const target = join(root, "src/protocol/generated");

const specs = loadSpecs(join(root, "protocol-specs"));
const wanted = new Map(
  [...specs.flatMap(emitFile), emitApiList(specs)].map(({ path, text }) => [path, text]),
);
const changed = [...wanted.keys()].filter((path) => read(path) !== wanted.get(path));
const orphaned = present().filter((path) => !wanted.has(path));
if (process.argv.includes("--check")) check();
else write();

/** Touches only what changes, so that whatever is running meanwhile never misses a file. */
function write(): void {
  for (const path of changed) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), wanted.get(path) as string);
  }
  for (const path of orphaned) rmSync(join(target, path));
  process.stdout.write(`${wanted.size} files generated, ${changed.length} of them changed\n`);
}

function check(): void {
  const stale = [...changed, ...orphaned];
  if (stale.length > 0) {
    process.stderr.write(`not what the specs say, run npm run generate:\n${stale.join("\n")}\n`);
    process.exit(1);
  }
  process.stdout.write(`${wanted.size} generated files are what the specs say\n`);
}

function present(): readonly string[] {
  if (!existsSync(target)) return [];
  return readdirSync(target, { recursive: true, encoding: "utf8" })
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path.endsWith(".ts"));
}

function read(path: string): string | undefined {
  const file = join(target, path);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
