/**
 * The package as a user gets it; needs a build (`npm run build`).
 *
 *   npx tsx compat-tests/package/run.ts
 */
import { Report } from "../harness/report.ts";
import { checkPackage } from "./all.ts";

const report = new Report((line) => void process.stdout.write(`${line}\n`));
await checkPackage(report);
process.stdout.write(`${report.summary()}\n`);
process.exitCode = report.failed > 0 ? 1 : 0;
