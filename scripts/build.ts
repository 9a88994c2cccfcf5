import { execFile } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  format: "esm",
  outdir: "dist",
  logLevel: "warning",
} as const;

/** pino is many small files, which load in half the time as one; it asks for Node's modules by require. */
const pinoAsOneFile: Plugin = {
  name: "pino as one file",
  setup({ onResolve }) {
    onResolve({ filter: /^pino$/ }, () => ({ path: "./pino.js", external: true }));
  },
};

async function bundleOdradek(): Promise<void> {
  await build({
    ...common,
    entryPoints: ["src/main.ts", "src/index.ts"],
    splitting: true,
    chunkNames: "[name]-[hash]",
    packages: "external",
    sourcemap: true,
    sourcesContent: false,
    plugins: [pinoAsOneFile],
  });
  chmodSync(join(root, "dist/main.js"), 0o755);
}

async function bundlePino(): Promise<void> {
  const { metafile } = await build({
    ...common,
    stdin: { contents: `export { pino } from "pino";`, resolveDir: root, sourcefile: "pino.js" },
    entryNames: "pino",
    minify: true,
    metafile: true,
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire(import.meta.url);`,
    },
  });
  writeFileSync(join(root, "dist/pino.LICENSE.txt"), licensesOf(Object.keys(metafile.inputs)));
}

/** What the licences of bundled packages ask to be handed on. */
function licensesOf(files: readonly string[]): string {
  const packages = files.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]);
  const texts = [...new Set(packages)].flatMap((folder) => {
    if (folder === undefined) return [];
    const license = readdirSync(join(root, folder)).find((name) => /^licen[cs]e/i.test(name));
    if (license === undefined) return [];
    return [
      `${folder.replace(/^.*node_modules\//, "")}\n\n${readFileSync(join(root, folder, license), "utf8")}`,
    ];
  });
  return texts.join("\n----\n\n");
}

async function emitDeclarations(): Promise<void> {
  const compiler = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));
  const flags = [
    "--emitDeclarationOnly",
    "--noCheck",
    "--declarationMap",
    "false",
    "--outDir",
    "dist/types",
  ];
  await promisify(execFile)(process.execPath, [compiler, "-p", "tsconfig.json", ...flags], {
    cwd: root,
  });
}

rmSync(join(root, "dist"), { recursive: true, force: true });
try {
  await Promise.all([bundleOdradek(), bundlePino(), emitDeclarations()]);
} catch (error) {
  // What the compiler says of a type, it says on its standard output.
  process.stderr.write(String((error as { stdout?: string }).stdout ?? error));
  process.exitCode = 1;
}
