import { parseArgs } from "node:util";
import { type Client, clients } from "../harness/clients.ts";
import { Report } from "../harness/report.ts";
import { prepare } from "../harness/toolchain.ts";
import { checkCompression, compresses } from "./all.ts";

const { values: options } = parseArgs({
  options: {
    main: { type: "string" },
    only: { type: "string" },
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
  for (const client of clients.filter(compresses)) {
    if (names !== undefined && !names.includes(client.name)) continue;
    const reason = await prepare(client, noSkip);
    if (reason === undefined) chosen.push(client);
    else if (noSkip) report.fail(client.name, reason);
    else report.skip(client.name, reason);
  }
  return chosen;
}

await checkCompression({ report, clients: await ready(), main: options.main });
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
