import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type BrokerProcess, said, stopped } from "./processes.ts";
import { prepareProperties } from "./properties.ts";

const main = join(import.meta.dirname, "../../dist/main.js");

/** Odradek as its users run it: the built program, on a port and a data directory of its own. */
export async function startOdradek(
  ownSettings: Readonly<Record<string, string>> = {},
): Promise<BrokerProcess> {
  if (!existsSync(main)) throw new Error("dist/main.js is missing: run `npm run build` first");
  const { directory, properties, port } = await prepareProperties("odradek", ownSettings);
  const child = spawn(process.execPath, [main, "--config", properties]);
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
