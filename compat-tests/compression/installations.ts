import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const root = join(import.meta.dirname, "../..");

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

async function manifest(): Promise<Manifest> {
  return JSON.parse(await readFile(join(root, "package.json"), "utf8")) as Manifest;
}

/**
 * The build as `npm install --omit=optional` leaves it: with what it must have beside it, and nothing
 * else. @returns its main.js.
 */
export async function withoutOptional(main: string, directory: string): Promise<string> {
  const { dependencies } = await manifest();
  const home = join(directory, "omit-optional");
  await cp(dirname(main), join(home, "dist"), { recursive: true });
  await cp(join(root, "package.json"), join(home, "package.json"));
  for (const name of Object.keys(dependencies)) {
    const link = join(home, "node_modules", name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, "node_modules", name), link);
  }
  return join(home, "dist/main.js");
}

/** The optional dependencies that a build finds. */
export async function optionalOf(main: string): Promise<readonly string[]> {
  const { optionalDependencies } = await manifest();
  const { resolve } = createRequire(pathToFileURL(main));
  return Object.keys(optionalDependencies).filter((name) => {
    try {
      resolve(name);
      return true;
    } catch {
      return false;
    }
  });
}
