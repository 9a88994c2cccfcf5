import { parseArgs } from "node:util";
import { Report } from "../harness/report.ts";
import { checkAdmin } from "./all.ts";

const { values: options } = parseArgs({
  options: {
    broker: { type: "string", default: "odradek" },
    main: { type: "string" },
    only: { type: "string", default: "" },
  },
});
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const report = new Report(say);
const isKafka = options.broker === "kafka";
await checkAdmin({ report, isKafka, main: options.main, only: options.only });
say(report.summary());
process.exitCode = report.failed > 0 ? 1 : 0;
