import { existsSync } from "node:fs";
import { join } from "node:path";
import { BrokerProcess, freePort } from "./broker-process.ts";

const built = join(import.meta.dirname, "../../dist/main.js");

/** A build of Odradek, `npm run build`'s unless another is named, on an empty directory, not yet started. */
export async function prepareOdradek(
  directory: string,
  main = built,
  more: Readonly<Record<string, string>> = {},
): Promise<BrokerProcess> {
  if (!existsSync(main)) throw new Error(`${main} is missing: run \`npm run build\` first`);
  const port = await freePort();
  const data = ["--data-dir", join(directory, "data")];
  const settings = [
    ...["--override", "group.initial.rebalance.delay.ms=0"],
    ...["--override", "log.segment.bytes=1048576"], // so that segments are rolled between kills
    ...Object.entries(more).flatMap(([name, value]) => ["--override", `${name}=${value}`]),
  ];
  return new BrokerProcess({
    name: "Odradek",
    port,
    argv: [process.execPath, main, "--port", String(port), ...data, ...settings],
    cwd: directory,
    log: join(directory, "broker.log"),
    // The one line on standard output; no line of the log is an address alone.
    ready: new RegExp(`^\\S+:${port}$`, "m"),
  });
}
