import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeFile } from "./dump-log/describe-file.ts";

/**
 * Shows files of a data directory to a person, Odradek's or Apache Kafka's: segments, indexes,
 * snapshots, checkpoints. Records of `__consumer_offsets`, `__transaction_state` and
 * `__cluster_metadata` are decoded. Nothing is changed.
 */
const USAGE = `usage: tsx scripts/dump-log.ts [--records] [--whole] <file or folder>...
  --records   a line for each record of a .log
  --whole     keys and values however long they are
`;

const { values: options, positionals } = parseArgs({
  options: {
    records: { type: "boolean", default: false },
    whole: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

/** The files of a folder, those of folders in it too, in the order of their names. */
function* filesIn(path: string): Generator<string> {
  if (!statSync(path).isDirectory()) {
    yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* filesIn(join(path, name));
}

function readIfThere(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

if (positionals.length === 0) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
}
for (const path of positionals.flatMap((given) => [...filesIn(given)])) {
  const bytes = readFileSync(path);
  process.stdout.write(`${path}  ${bytes.length} bytes\n`);
  for (const text of describeFile({ path, bytes }, options, readIfThere)) {
    process.stdout.write(`  ${text}\n`);
  }
}
