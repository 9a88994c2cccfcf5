/**
 * The command lines in test/support/cli/stories, by Kafka's tools on Odradek and by Odradek's
 * commands on Kafka; with --record, Kafka's tools on Kafka, for the tests that compare with them:
 *
 *   npx tsx compat-tests/cli/run.ts [--only topics,configs,groups] [--main path] [--record]
 */
import { parseArgs } from "node:util";
import { Report } from "../harness/report.ts";
import { checkCommandLines, recordCommandLines } from "./all.ts";

const { values: options } = parseArgs({
  options: {
    main: { type: "string" },
    only: { type: "string" },
    record: { type: "boolean", default: false },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const only = options.only?.split(",");
if (options.record) await recordCommandLines(only, say);
else {
  const report = new Report(say);
  await checkCommandLines({ report, main: options.main, only });
  say(report.summary());
  process.exitCode = report.failed > 0 ? 1 : 0;
}
