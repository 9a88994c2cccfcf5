/**
 * Real clients push their metrics to the built Odradek (KIP-714).
 *
 *   npx tsx compat-tests/client-metrics/run.ts [--main path/to/main.js]
 */
import { parseArgs } from "node:util";
import { type Client, clients } from "../harness/clients.ts";
import { Report } from "../harness/report.ts";
import { prepare } from "../harness/toolchain.ts";
import { checkClientMetrics, pushesMetrics } from "./all.ts";

const { values: options } = parseArgs({ options: { main: { type: "string" } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const report = new Report(say);
const ready: Client[] = [];
for (const client of clients.filter(pushesMetrics)) {
  const reason = await prepare(client, false);
  if (reason === undefined) ready.push(client);
  else report.skip(client.name, reason);
}
await checkClientMetrics({ report, clients: ready, main: options.main });
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
