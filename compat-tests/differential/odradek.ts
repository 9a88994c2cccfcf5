import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordedSettings } from "../../test/replay/settings.ts";
import { type BrokerProcess, freePort, said, stopped } from "./processes.ts";

const main = join(import.meta.dirname, "../../dist/main.js");

/** Odradek as its users run it: the built program, with a data directory, on a port of its own. */
export async function startOdradek(): Promise<BrokerProcess> {
  if (!existsSync(main)) throw new Error("dist/main.js is missing: run `npm run build` first");
  const directory = await mkdtemp(join(tmpdir(), "odradek-differential-"));
  const port = await freePort();
  const overrides = Object.entries(recordedSettings).flatMap(([name, value]) => [
    "--override",
    `${name}=${value}`,
  ]);
  const options = ["--port", String(port), "--data-dir", join(directory, "data"), ...overrides];
  const child = spawn(process.execPath, [main, ...options]);
  await said(child, String(port));
  return {
    name: "Odradek",
    host: "127.0.0.1",
    port,
    async stop() {
      await stopped(child);
      await rm(directory, { recursive: true, force: true });
    },
  };
}
