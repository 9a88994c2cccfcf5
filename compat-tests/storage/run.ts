/**
 * Data directories that Apache Kafka and the built Odradek read of each other.
 *
 *   npx tsx compat-tests/storage/run.ts [--main path/to/main.js] [--keep]
 */
import { parseArgs } from "node:util";
import { Report } from "../harness/report.ts";
import { checkStorage } from "./all.ts";

const { values: options } = parseArgs({
  options: { main: { type: "string" }, keep: { type: "boolean", default: false } },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const report = new Report(say);
const noSkip = process.env["CI"] === "true";
const { main, keep } = options;
await checkStorage({ report, main, keep, noSkip });
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
