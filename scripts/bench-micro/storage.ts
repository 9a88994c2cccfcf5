import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildBatch } from "../../src/records/records.ts";
import { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Log } from "../../src/storage/log.ts";
import type { LogSettings } from "../../src/storage/log-settings.ts";
import { realDisk } from "../../src/storage/real-disk.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { SystemClock } from "../../src/time/system-clock.ts";
import { measured, report } from "./measure.ts";

/**
 * What the log alone can do: `tsx scripts/bench-micro/storage.ts [directory] [case]…`. Machines
 * differ; compare two runs on one machine, CPU before time.
 */
const settings: LogSettings = {
  segmentBytes: 1024 ** 3,
  segmentMs: Number.MAX_SAFE_INTEGER,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 * 1024 * 1024,
  flushMessages: Number.MAX_SAFE_INTEGER,
  maxMessageBytes: 8 * 1024 * 1024,
  timestampType: "CreateTime",
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  deleted: true,
  retentionMs: -1,
  retentionBytes: -1,
  compacted: false,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 24 * 3600 * 1000,
  compressionType: "producer",
  fileDeleteDelayMs: 60_000,
  producerIdExpirationMs: 86_400_000,
};

const TOPIC_ID = "AAAAAQAAQACAAAAAAAAAAQ";
const clock = new SystemClock();
let uuids = 0;

function newUuid(): string {
  uuids += 1;
  const bytes = Buffer.alloc(16, 1);
  bytes.writeUInt32BE(uuids, 0);
  return bytes.toString("base64url");
}

function open(path: string): Promise<DataDirectory> {
  return DataDirectory.open({
    path,
    disk: realDisk,
    clock,
    logger: silentLogger,
    nodeId: 1,
    newUuid,
    maxOpenFiles: 400,
    tailCacheBytes: 32 * 1024 * 1024,
    readBufferBytes: 16 * 1024 * 1024,
  });
}

async function openLogs(directory: DataDirectory, count: number, rest = {}): Promise<Log[]> {
  const logs: Log[] = [];
  for (let partition = 0; partition < count; partition++) {
    const options = { topic: "bench", partition, topicId: TOPIC_ID, onWritten: () => undefined };
    logs.push(await directory.openLog({ ...options, settings: { ...settings, ...rest } }));
  }
  return logs;
}

function batch(records: number, valueBytes: number): Buffer {
  return buildBatch({
    timestamp: 1_700_000_000_000,
    records: Array.from({ length: records }, () => ({
      key: null,
      value: Buffer.alloc(valueBytes, 0x61),
    })),
  });
}

const client = { leaderEpoch: 0, origin: "client" } as const;

async function appendLarge(directory: DataDirectory): Promise<void> {
  const [log] = (await openLogs(directory, 1)) as [Log];
  const original = batch(1000, 1024);
  const count = 1500;
  const run = await measured(async () => {
    for (let i = 0; i < count; i++) {
      // As a server would hand it over: in a buffer of its own.
      const frame = Buffer.allocUnsafe(original.length);
      original.copy(frame);
      await log.append(frame, client).written;
    }
  });
  report("append 1 MB batches, one log", { count, bytes: count * original.length }, run);
}

async function appendSmall(directory: DataDirectory, perTick: number, name: string): Promise<void> {
  const logs = await openLogs(directory, 16);
  const original = batch(1, 100);
  const ticks = 8000 / perTick;
  const run = await measured(async () => {
    for (let tick = 0; tick < ticks; tick++) {
      const chunk = Buffer.allocUnsafe(logs.length * perTick * original.length);
      const written: Promise<void>[] = [];
      let at = 0;
      for (const log of logs) {
        for (let i = 0; i < perTick; i++) {
          const records = chunk.subarray(at, at + original.length);
          at += original.copy(records);
          written.push(log.append(records, client).written);
        }
      }
      await Promise.all(written);
    }
  });
  const count = ticks * logs.length * perTick;
  report(name, { count, bytes: count * original.length }, run);
}

async function readThrough(log: Log, maxBytes: number): Promise<{ count: number; bytes: number }> {
  let count = 0;
  let bytes = 0;
  let offset = log.startOffset;
  while (offset < log.endOffset) {
    const slice = await log.read(offset, { maxBytes, upTo: log.writtenOffset, minOne: true });
    count += 1;
    bytes += slice.bytes;
    offset = nextOffset(slice.chunks, offset);
    slice.release();
  }
  return { count, bytes };
}

/** What a consumer does: goes on after the last whole batch. */
function nextOffset(chunks: readonly Buffer[], from: number): number {
  let next = from;
  for (const chunk of chunks) {
    let at = 0;
    while (at + 61 <= chunk.length) {
      const size = 12 + chunk.readInt32BE(at + 8);
      if (at + size > chunk.length) break;
      next = chunk.readUInt32BE(at + 4) + chunk.readInt32BE(at + 23) + 1;
      at += size;
    }
  }
  return next;
}

async function readAllOf(directory: DataDirectory, name: string, maxBytes: number): Promise<void> {
  const [log] = (await openLogs(directory, 1)) as [Log];
  const work = { count: 0, bytes: 0 };
  const run = await measured(async () => {
    Object.assign(work, await readThrough(log, maxBytes));
  });
  report(name, work, run);
}

async function readTail(directory: DataDirectory): Promise<void> {
  const [log] = (await openLogs(directory, 1)) as [Log];
  const original = batch(10, 100);
  const count = 20_000;
  const work = { count, bytes: 0 };
  const run = await measured(async () => {
    for (let i = 0; i < count; i++) {
      const from = log.endOffset;
      await log.append(Buffer.from(original), client).written;
      const slice = await log.read(from, { maxBytes: 1e6, upTo: log.writtenOffset, minOne: true });
      work.bytes += slice.bytes;
      slice.release();
    }
  });
  report("append 1 kB and read it at the tail", work, run);
}

async function durable(directory: DataDirectory, together: number): Promise<void> {
  const [log] = (await openLogs(directory, 1, { flushMessages: 1 })) as [Log];
  const original = batch(1, 100);
  const count = 200 * together;
  let left = count;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      await log.append(Buffer.from(original), client).written;
    }
  };
  const run = await measured(async () => {
    await Promise.all(Array.from({ length: together }, one));
  });
  report(
    `flush before each ack, ${together} at once`,
    { count, bytes: count * original.length },
    run,
  );
}

const PARTITIONS = 10_000;

async function manyPartitions(path: string): Promise<void> {
  let directory = await open(path);
  const before = process.memoryUsage();
  let logs: Log[] = [];
  const nothing = { count: PARTITIONS, bytes: 0 };
  report(
    "10,000 partitions: open",
    nothing,
    await measured(async () => {
      logs = await openLogs(directory, PARTITIONS);
    }),
  );
  const opened = process.memoryUsage();
  const original = batch(1, 100);
  report(
    "10,000 partitions: first append",
    nothing,
    await measured(async () => {
      for (const log of logs) await log.append(Buffer.from(original), client).written;
    }),
  );
  const kilobytes = (opened.heapUsed + opened.external - before.heapUsed - before.external) / 1024;
  process.stdout.write(`memory per idle partition ${(kilobytes / PARTITIONS).toFixed(2)} kB\n`);
  // As after a kill: nothing is closed, the lock is left.
  await rm(join(path, ".lock"));
  directory = await open(path);
  report(
    "10,000 partitions: start after a crash",
    nothing,
    await measured(async () => {
      logs = await openLogs(directory, PARTITIONS);
    }),
  );
  report("10,000 partitions: close", nothing, await measured(() => directory.close()));
  directory = await open(path);
  report(
    "10,000 partitions: clean start",
    nothing,
    await measured(async () => {
      logs = await openLogs(directory, PARTITIONS);
    }),
  );
  report("10,000 partitions: close again", nothing, await measured(() => directory.close()));
}

async function recovery(path: string): Promise<void> {
  let directory = await open(path);
  const [log] = (await openLogs(directory, 1)) as [Log];
  const original = batch(100, 100);
  const count = 60_000;
  for (let i = 0; i < count; i++) {
    const { written } = log.append(Buffer.from(original), client);
    if (i % 100 === 0) await written;
  }
  await rm(join(path, ".lock"));
  directory = await open(path);
  const run = await measured(async () => {
    await openLogs(directory, 1);
  });
  report("recover a log of 10 kB batches", { count, bytes: count * original.length }, run);
  await directory.close();
}

const cases: Readonly<Record<string, (path: string) => Promise<void>>> = {
  large: (path) =>
    inDirectory(path, async (directory) => {
      await appendLarge(directory);
    }).then(() =>
      inDirectory(path, (directory) => readAllOf(directory, "read 1 MB batches, 1 MB reads", 1e6)),
    ),
  small: (path) =>
    inDirectory(path, (directory) => appendSmall(directory, 1, "append 100 B x 16 logs, 1 a tick")),
  busy: (path) =>
    inDirectory(path, (directory) =>
      appendSmall(directory, 20, "append 100 B x 16 logs, 20 a tick"),
    ).then(() =>
      inDirectory(path, (directory) => readAllOf(directory, "read 100 B batches, 1 MB reads", 1e6)),
    ),
  tail: (path) => inDirectory(path, readTail),
  durable: (path) =>
    inDirectory(path, async (directory) => {
      await durable(directory, 1);
    }).then(() => inDirectory(`${path}/16`, (directory) => durable(directory, 16))),
  partitions: manyPartitions,
  recovery,
};

async function inDirectory(
  path: string,
  run: (directory: DataDirectory) => Promise<void>,
): Promise<void> {
  const directory = await open(path);
  await run(directory);
  await directory.close();
}

const [where = tmpdir(), ...wanted] = process.argv.slice(2);
for (const [name, run] of Object.entries(cases)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const path = await mkdtemp(join(where, "odradek-bench-"));
  try {
    await run(path);
  } finally {
    await rm(path, { recursive: true });
  }
}
