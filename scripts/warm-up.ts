import fs from "node:fs";
import { COMPILED_SUFFIX, loadProgram } from "../src/cli/program.ts";
import { apiVersions } from "../src/protocol/generated/api-versions.ts";
import { initProducerId } from "../src/protocol/generated/init-producer-id.ts";
import { metadata } from "../src/protocol/generated/metadata.ts";
import { produce } from "../src/protocol/generated/produce.ts";
import { buildBatch } from "../src/records/records.ts";
import { asking } from "./asking.ts";

/*
 * Runs the built program to its first acknowledged record, and keeps what V8 compiled on the way:
 * functions that a start needs are then not compiled at every start.
 * Run with plain Node, without flags: V8 takes only what was compiled under the same ones.
 */

const STDOUT = 1;

async function firstRecord(port: number): Promise<void> {
  await asking(port, async (ask) => {
    const name = "warm-up";
    await ask(apiVersions, 4, { clientSoftwareName: "warm-up", clientSoftwareVersion: "1" });
    const { topics } = await ask(metadata, 12, {
      topics: [{ name }],
      allowAutoTopicCreation: true,
    });
    await ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 });
    const records = buildBatch({
      records: [{ key: null, value: Buffer.from("first") }],
      timestamp: Date.now(),
    });
    const topicData = [
      { name, topicId: topics[0]?.topicId, partitionData: [{ index: 0, records }] },
    ];
    for (const version of [9, 13]) {
      await ask(produce, version, { acks: -1, timeoutMs: 1000, topicData });
    }
  });
}

const [file = ""] = process.argv.slice(2);
const { script, run } = loadProgram(file);
const writeSync = fs.writeSync;
// The program says on its standard output where it listens.
fs.writeSync = ((descriptor: number, text: string) => {
  if (descriptor !== STDOUT) return writeSync(descriptor, text);
  const port = Number(text.trim().split(":").at(-1));
  firstRecord(port).then(
    () => {
      fs.writeFileSync(file + COMPILED_SUFFIX, script.createCachedData());
      process.exit(0);
    },
    (error: unknown) => {
      process.stderr.write(`${error}\n`);
      process.exit(1);
    },
  );
  return text.length;
}) as typeof fs.writeSync;
process.argv = [process.execPath, file, "--port", "0", "--ephemeral", "--log-level", "silent"];
run();
