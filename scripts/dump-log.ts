import { readFileSync } from "node:fs";
import { basename } from "node:path";
import {
  BATCH_HEADER_BYTES,
  compressionOf,
  isControl,
  isIntact,
  isLogAppendTime,
  isTransactional,
  readBatchHeader,
} from "../src/records/batch.ts";
import { batchesIn, type Record, recordsOf } from "../src/records/records.ts";
import { decodeSnapshot } from "../src/storage/producer-snapshot.ts";

/**
 * Shows files of a partition to a person:
 * `tsx scripts/dump-log.ts [--records] <file>…` for .log, .index, .timeindex and .snapshot.
 */
const CODECS = ["none", "gzip", "snappy", "lz4", "zstd"];
const VALUE_CHARS_MAX = 60;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function dumpLog(bytes: Buffer, withRecords: boolean): void {
  let end = 0;
  for (const at of batchesIn(bytes)) {
    const header = readBatchHeader(bytes, at);
    const { baseOffset, lastOffsetDelta, producerId, producerEpoch, baseSequence } = header;
    print(
      [
        `@${at}`,
        `offsets ${baseOffset}-${baseOffset + lastOffsetDelta}`,
        `${header.sizeInBytes} bytes`,
        `${header.recordCount} records`,
        `epoch ${header.partitionLeaderEpoch}`,
        `to ${timeOf(header.maxTimestamp)}`,
        producerId < 0 ? "" : `producer ${producerId}/${producerEpoch} from ${baseSequence}`,
        ...flagsOf(header.attributes),
        isIntact(bytes, at) ? "" : "CRC IS WRONG",
      ]
        .filter((part) => part !== "")
        .join("  "),
    );
    if (withRecords) for (const record of recordsOf(bytes, at)) print(`    ${describe(record)}`);
    end = at + header.sizeInBytes;
  }
  const left = bytes.length - end;
  if (left > 0) {
    const why = left < BATCH_HEADER_BYTES ? "too short for a batch" : "no whole batch";
    print(`@${end}  ${left} bytes that are ${why}`);
  }
}

function flagsOf(attributes: number): string[] {
  return [
    CODECS[compressionOf(attributes)] ?? "unknown codec",
    isLogAppendTime(attributes) ? "LogAppendTime" : "CreateTime",
    isTransactional(attributes) ? "transactional" : "",
    isControl(attributes) ? "control" : "",
  ];
}

function describe({ offset, timestamp, key, value, headers }: Record): string {
  const names = headers.map((header) => header.key).join(",");
  const parts = [`${offset}`, timeOf(timestamp), `key ${shown(key)}`, `value ${shown(value)}`];
  return (names === "" ? parts : [...parts, `headers ${names}`]).join("  ");
}

function shown(bytes: Buffer | null): string {
  if (bytes === null) return "null";
  const text = JSON.stringify(bytes.toString("utf8"));
  return text.length > VALUE_CHARS_MAX
    ? `${text.slice(0, VALUE_CHARS_MAX)}… (${bytes.length})`
    : text;
}

function timeOf(timestamp: number): string {
  return timestamp < 0 ? "no time" : new Date(timestamp).toISOString();
}

function dumpIndex(bytes: Buffer, baseOffset: number): void {
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    print(`offset ${baseOffset + bytes.readInt32BE(at)}  position ${bytes.readInt32BE(at + 4)}`);
  }
}

function dumpTimeIndex(bytes: Buffer, baseOffset: number): void {
  for (let at = 0; at + 12 <= bytes.length; at += 12) {
    const timestamp = Number(bytes.readBigInt64BE(at));
    print(`${timeOf(timestamp)} (${timestamp})  offset ${baseOffset + bytes.readInt32BE(at + 8)}`);
  }
}

function dumpSnapshot(bytes: Buffer): void {
  const states = decodeSnapshot(bytes);
  if (states === undefined) {
    print("no whole snapshot: version, length or CRC is wrong");
    return;
  }
  for (const state of states.all()) {
    const last = state.batches.at(-1);
    const open =
      state.transactionFirstOffset < 0 ? "" : `  transaction from ${state.transactionFirstOffset}`;
    print(
      `producer ${state.producerId}/${state.epoch}  last sequence ${last?.lastSequence ?? -1}` +
        `  last offset ${last?.lastOffset ?? -1}  ${timeOf(state.lastTimestamp)}${open}`,
    );
  }
}

function dump(path: string, withRecords: boolean): void {
  const bytes = readFileSync(path);
  const baseOffset = Number.parseInt(basename(path), 10) || 0;
  print(`${path}  ${bytes.length} bytes`);
  if (path.endsWith(".log")) dumpLog(bytes, withRecords);
  else if (path.endsWith(".timeindex")) dumpTimeIndex(bytes, baseOffset);
  else if (path.endsWith(".index")) dumpIndex(bytes, baseOffset);
  else if (path.endsWith(".snapshot")) dumpSnapshot(bytes);
  else print("a file of a kind that is not known here");
}

const given = process.argv.slice(2);
const paths = given.filter((one) => one !== "--records");
if (paths.length === 0) {
  process.stderr.write("usage: tsx scripts/dump-log.ts [--records] <file>...\n");
  process.exitCode = 2;
}
for (const path of paths) dump(path, given.includes("--records"));
