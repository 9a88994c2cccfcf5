/**
 * The command lines in test/support/console by Odradek's commands on Kafka; with --record, by Kafka's
 * tools on Odradek, for the tests that compare with them:
 *
 *   npx tsx compat-tests/console/run.ts [--record]
 */
import { parseArgs } from "node:util";
import { Report } from "../harness/report.ts";
import { checkConsole, recordConsole } from "./all.ts";

const { values: options } = parseArgs({ options: { record: { type: "boolean", default: false } } });
const say = (line: string): void => void process.stdout.write(`${line}\n`);
if (options.record) await recordConsole(say);
else {
  const report = new Report(say);
  await checkConsole(report);
  say(report.summary());
  process.exitCode = report.failed > 0 ? 1 : 0;
}
