import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { emitApiList } from "./emit-api-list.ts";
import { emitFile, type GeneratedFile } from "./emit-file.ts";
import { loadSpecs } from "./load.ts";

/**
 * `npm run generate` writes src/protocol/generated anew from protocol-specs; with `--check` it only
 * compares, and fails where the committed files are not what the specs say.
 */
const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const target = join(root, "src/protocol/generated");

const specs = loadSpecs(join(root, "protocol-specs"));
const files = [...specs.flatMap(emitFile), emitApiList(specs)];
if (process.argv.includes("--check")) check(files);
else write(files);

function write(generated: readonly GeneratedFile[]): void {
  rmSync(target, { recursive: true, force: true });
  for (const { path, text } of generated) {
    mkdirSync(dirname(join(target, path)), { recursive: true });
    writeFileSync(join(target, path), text);
  }
  process.stdout.write(`${generated.length} files generated\n`);
}

function check(generated: readonly GeneratedFile[]): void {
  const wanted = new Map(generated.map(({ path, text }) => [path, text]));
  const present = readdirSync(target, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
  const stale = [
    ...[...wanted].filter(([path, text]) => read(path) !== text).map(([path]) => path),
    ...present.filter((path) => !wanted.has(path)),
  ];
  if (stale.length > 0) {
    process.stderr.write(`not what the specs say, run npm run generate:\n${stale.join("\n")}\n`);
    process.exit(1);
  }
  process.stdout.write(`${wanted.size} generated files are what the specs say\n`);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(join(target, path), "utf8");
  } catch {
    return undefined;
  }
}
