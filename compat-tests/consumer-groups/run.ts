import { parseArgs } from "node:util";
import { type Client, clients } from "../harness/clients.ts";
import { Report } from "../harness/report.ts";
import { prepare } from "../harness/toolchain.ts";
import { checkConsumerGroups, speaksConsumerProtocol } from "./all.ts";

const { values: options } = parseArgs({
  options: {
    broker: { type: "string", default: "odradek" },
    main: { type: "string" },
    only: { type: "string" },
    check: { type: "string", default: "" },
    "no-skip": { type: "boolean", default: false },
  },
});
const noSkip = options["no-skip"] || process.env["CI"] === "true";
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const report = new Report(say);

/** The chosen clients that can run here; the others are reported. */
async function ready(): Promise<Client[]> {
  const names = options.only?.split(",");
  const chosen: Client[] = [];
  for (const client of clients.filter(speaksConsumerProtocol)) {
    if (names !== undefined && !names.includes(client.name)) continue;
    const reason = await prepare(client, noSkip);
    if (reason === undefined) chosen.push(client);
    else if (noSkip) report.fail(client.name, reason);
    else report.skip(client.name, reason);
  }
  return chosen;
}

const isKafka = options.broker === "kafka";
const { main, check: only } = options;
await checkConsumerGroups({ report, clients: await ready(), isKafka, main, only });
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
