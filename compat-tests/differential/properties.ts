import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { recordedSettings } from "../../test/replay/settings.ts";
import { freePort } from "./processes.ts";

/** A directory of a broker's own, with the file that configures it. */
export interface Prepared {
  readonly directory: string;
  /** A server.properties of one combined node; Odradek gets the same as Apache Kafka. */
  readonly properties: string;
  readonly port: number;
}

export async function prepareProperties(
  name: string,
  ownSettings: Readonly<Record<string, string>> = {},
): Promise<Prepared> {
  const directory = await mkdtemp(join(tmpdir(), `odradek-differential-${name}-`));
  const [port, controllerPort] = [await freePort(), await freePort()];
  const settings: Readonly<Record<string, string>> = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "log.dirs": join(directory, "data"),
    ...recordedSettings,
    ...ownSettings,
  };
  const properties = join(directory, "server.properties");
  const lines = Object.entries(settings).map(([setting, value]) => `${setting}=${value}`);
  await writeFile(properties, `${lines.join("\n")}\n`);
  return { directory, properties, port };
}
