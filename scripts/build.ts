import { execFile } from "node:child_process";
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const runFile = promisify(execFile);

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.19",
  outdir: "dist",
  logLevel: "warning",
} as const;

const commonJs = {
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  supported: { "dynamic-import": false },
  define: { "import.meta.url": "importMetaUrl" },
  banner: {
    js: `const importMetaUrl = require("node:url").pathToFileURL(__filename).href;`,
  },
} as const;

/** Packages stay outside, but for pino: its many small files load in half the time as one. */
const pinoAsOneFile: Plugin = {
  name: "pino as one file",
  setup({ onResolve }) {
    onResolve({ filter: /^pino$/ }, () => ({ path: "./pino.cjs", external: true }));
  },
};

/**
 * The command line: main.js starts odradek.cjs, one function whose modules run when they are first
 * asked for. CommonJS, because V8's compiled form of a module cannot be kept, that of a script can.
 */
async function bundleProgram(): Promise<void> {
  await Promise.all([
    build({
      ...common,
      entryPoints: { main: "src/cli/launch.ts" },
      format: "cjs",
      define: { "import.meta.dirname": "__dirname" },
    }),
    build({
      ...common,
      ...commonJs,
      minifyWhitespace: true,
      // Two programs, that a broker's start need not read the other's: what is typed after `odradek`.
      entryPoints: { odradek: "src/main.ts", commands: "src/tool.ts" },
      banner: { js: `(function (require, __filename) {${commonJs.banner.js}` },
      footer: { js: "})" },
      packages: "external",
      plugins: [pinoAsOneFile],
    }),
  ]);
  chmodSync(join(root, "dist/main.js"), 0o755);
  // Node takes 5 ms to get ready for a program that is an ES module.
  writeFileSync(join(root, "dist/package.json"), `{ "type": "commonjs" }\n`);
}

/** What `import "odradek"` loads; and `require`, for jest, which makes that of every import. */
async function bundleLibrary(): Promise<void> {
  const library = {
    ...common,
    entryPoints: ["src/index.ts"],
    packages: "external" as const,
  };
  await Promise.all([
    build({
      ...library,
      format: "esm",
      outExtension: { ".js": ".mjs" },
      splitting: true,
      chunkNames: "library/[name]-[hash]",
    }),
    build({ ...library, ...commonJs }),
  ]);
  writeFileSync(join(root, "dist/index.d.cts"), typesForRequire);
}

/** A CommonJS file may take types only from an ES module. */
const typesForRequire = `import type { Broker, BrokerOptions, Logger } from "./types/index.js" with { "resolution-mode": "import" };
export type { Broker, BrokerOptions, Logger };
export declare function startBroker(options?: BrokerOptions): Promise<Broker>;
`;

async function bundlePino(): Promise<void> {
  const { metafile } = await build({
    ...common,
    stdin: { contents: `export { pino } from "pino";`, resolveDir: root, sourcefile: "pino.js" },
    entryNames: "pino",
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    minify: true,
    metafile: true,
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
    const name = folder.replace(/^.*node_modules\//, "");
    return [`${name}\n\n${readFileSync(join(root, folder, license), "utf8")}`];
  });
  return texts.join("\n----\n\n");
}

async function emitDeclarations(): Promise<void> {
  const compiler = fileURLToPath(import.meta.resolve("typescript/bin/tsc"));
  const flags = ["--emitDeclarationOnly", "--noCheck", "--declarationMap", "false"];
  const project = ["-p", "tsconfig.json", "--outDir", "dist/types"];
  await runFile(process.execPath, [compiler, ...project, ...flags], { cwd: root });
  writeFileSync(join(root, "dist/types/package.json"), `{ "type": "module" }\n`);
}

/** Starts the program once and keeps what V8 compiled of it. Without that it only starts slower. */
async function keepCompiled(): Promise<void> {
  const tsx = import.meta.resolve("tsx");
  const warmUp = join(root, "scripts/warm-up.ts");
  try {
    const program = join(root, "dist/odradek.cjs");
    await runFile(process.execPath, ["--import", tsx, warmUp, program], {
      cwd: root,
      timeout: 30_000,
    });
  } catch (error) {
    const why = (error as { stderr?: string }).stderr || String(error);
    process.stderr.write(
      `the program could not be compiled ahead, and will start slower: ${why}\n`,
    );
  }
}

rmSync(join(root, "dist"), { recursive: true, force: true });
try {
  await Promise.all([
    Promise.all([bundleProgram(), bundlePino()]).then(keepCompiled),
    bundleLibrary(),
    emitDeclarations(),
  ]);
} catch (error) {
  // What the compiler says of a type, it says on its standard output.
  process.stderr.write(`${(error as { stdout?: string }).stdout ?? error}\n`);
  process.exitCode = 1;
}
