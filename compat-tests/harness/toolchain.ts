import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Client } from "./clients.ts";
import { run } from "./run-command.ts";

const stamps = join(import.meta.dirname, "../../.cache/compat/stamps");

/** What of a client, or of another program, its building depends on. */
type Made = Pick<Client, "name" | "folder" | "tools" | "steps">;

/**
 * Makes a client's adapter ready to run, building it only when something in its folder changed.
 * Gives the reason if that cannot be done here, undefined when it is ready. Installs missing
 * programs with apt only if told to: a developer's machine is not ours to change.
 */
export async function prepare(client: Made, apt: boolean): Promise<string | undefined> {
  for (const [tool, aptPackage] of Object.entries(client.tools)) {
    if (isOnPath(tool)) continue;
    if (!apt) return `${tool} is not installed`;
    const failed = await aptInstall(aptPackage);
    if (failed !== undefined) return `${tool} could not be installed: ${failed}`;
  }
  const stamp = join(stamps, client.name);
  const state = await fingerprint(client);
  if ((await readFile(stamp, "utf8").catch(() => "")) === state) return undefined;
  for (const step of client.steps) {
    const failed = await run(step.argv, { cwd: step.cwd });
    if (failed !== undefined) return failed;
  }
  await mkdir(stamps, { recursive: true });
  await writeFile(stamp, state);
  return undefined;
}

function isOnPath(tool: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => existsSync(join(folder, tool)));
}

async function aptInstall(name: string): Promise<string | undefined> {
  const install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", name];
  const first = await run(install, {});
  if (first === undefined) return undefined;
  return (await run(["apt-get", "update", "-q"], {})) ?? (await run(install, {}));
}

/** Changes with every file of the client's folder and with every build step. */
async function fingerprint(client: Made): Promise<string> {
  const hash = createHash("sha256").update(JSON.stringify([client.steps, process.version]));
  for (const entry of (await readdir(client.folder, { withFileTypes: true })).sort()) {
    if (entry.isFile())
      hash.update(entry.name).update(await readFile(join(client.folder, entry.name)));
  }
  return hash.digest("hex");
}
