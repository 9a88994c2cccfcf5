/**
 * What the tools people have send when they connect and per page, against one broker:
 *
 *   npx tsx compat-tests/tools/run.ts [--broker kafka] [--only kcat,rpk] [--main path] [--no-skip]
 */
import { parseArgs } from "node:util";
import { Report } from "../harness/report.ts";
import { checkTools } from "./all.ts";

const { values: options } = parseArgs({
  options: {
    broker: { type: "string", default: "odradek" },
    main: { type: "string" },
    only: { type: "string" },
    "no-skip": { type: "boolean", default: false },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const report = new Report(say);
await checkTools({
  report,
  isKafka: options.broker === "kafka",
  main: options.main,
  noSkip: options["no-skip"] || process.env["CI"] === "true",
  only: options.only?.split(","),
});
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
