import { monitorEventLoopDelay } from "node:perf_hooks";
import { buildBatch } from "../../src/records/records.ts";
import { LogCleaner } from "../../src/storage/compaction/log-cleaner.ts";
import { DataDirectory } from "../../src/storage/data-directory.ts";
import type { Log } from "../../src/storage/log.ts";
import type { LogSettings } from "../../src/storage/log-settings.ts";
import { realDisk } from "../../src/storage/real-disk.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { SystemClock } from "../../src/time/system-clock.ts";

/**
 * How fast a log is compacted, and how long others wait meanwhile:
 *
 *     tsx scripts/bench-micro/compaction.ts make <directory> [megabytes] [keys] [value bytes]
 *     tsx scripts/bench-micro/compaction.ts clean <directory>
 *
 * `make` leaves a data directory that Apache Kafka opens too: `compaction-kafka.ts` times its cleaner on
 * a copy. `clean` changes the directory; copy it before.
 */
const settings: LogSettings = {
  segmentBytes: 256 * 1024 * 1024,
  segmentMs: Number.MAX_SAFE_INTEGER,
  segmentJitterMs: 0,
  indexIntervalBytes: 4096,
  segmentIndexBytes: 10 * 1024 * 1024,
  flushMessages: Number.MAX_SAFE_INTEGER,
  maxMessageBytes: 8 * 1024 * 1024,
  timestampType: "CreateTime",
  timestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
  timestampAfterMaxMs: Number.MAX_SAFE_INTEGER,
  deleted: false,
  retentionMs: -1,
  retentionBytes: -1,
  compacted: true,
  minCleanableDirtyRatio: 0.01,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Number.MAX_SAFE_INTEGER,
  deleteRetentionMs: 24 * 3600 * 1000,
  compressionType: "producer",
  fileDeleteDelayMs: 0,
  producerIdExpirationMs: 86_400_000,
};

const TOPIC_ID = "AAAAAQAAQACAAAAAAAAAAQ";
const BATCH_BYTES = 16 * 1024;
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

function openLog(directory: DataDirectory, partition = 0): Log {
  const place = { topic: "bench", partition, topicId: TOPIC_ID };
  return directory.openLog({ ...place, settings, onWritten: () => undefined });
}

const client = { leaderEpoch: 0, origin: "client" } as const;

/** Keys in a random order, each about as often as every other. */
async function make(path: string, megabytes: number, keys: number, valueBytes: number) {
  const directory = await open(path);
  const log = openLog(directory);
  const perBatch = Math.max(1, Math.floor(BATCH_BYTES / (valueBytes + 22)));
  let seed = 1;
  const next = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const value = Buffer.alloc(valueBytes, 0x61);
  let timestamp = 1_700_000_000_000;
  while (log.sizeInBytes < megabytes * 1e6) {
    const records = Array.from({ length: perBatch }, () => {
      const key = Buffer.from(`key-${String(Math.floor(next() * keys)).padStart(9, "0")}`);
      return { key, value };
    });
    timestamp += 1;
    await log.append(buildBatch({ records, timestamp }), client).written;
  }
  const last = buildBatch({ records: [{ key: value, value }], timestamp });
  log.updateSettings({ ...settings, segmentBytes: 1024 * 1024 });
  await log.append(last, client).written;
  log.updateSettings(settings);
  process.stdout.write(`${log.endOffset} records in ${log.segments.length} segments\n`);
  await directory.close();
}

/** What somebody who appends meanwhile sees, milliseconds. */
async function probe(log: Log, isOver: () => boolean): Promise<readonly number[]> {
  const record = { key: Buffer.from("k"), value: Buffer.alloc(1000) };
  const waits: number[] = [];
  while (!isOver()) {
    const startMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 2));
    const batch = buildBatch({ records: [record], timestamp: Date.now() });
    await log.append(batch, client).written;
    waits.push(performance.now() - startMs - 2);
  }
  return waits.sort((one, other) => one - other);
}

function percentiles(sorted: readonly number[]): string {
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]?.toFixed(2);
  return `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`;
}

async function clean(path: string): Promise<void> {
  const directory = await open(path);
  openLog(directory);
  const other = openLog(directory, 1);
  let isOver = false;
  const idle = probe(other, () => isOver);
  await new Promise((resolve) => setTimeout(resolve, 3000));
  isOver = true;
  process.stdout.write(`append while idle:     ${percentiles(await idle)}\n`);
  const lines: object[] = [];
  const cleaner = new LogCleaner({
    directories: [directory],
    clock,
    logger: { ...silentLogger, info: (_message, fields) => lines.push(fields ?? {}) },
    random: Math.random,
    settings: () => ({
      dedupeBufferBytes: 128 * 1024 * 1024,
      loadFactor: 0.9,
      ioBufferBytes: 512 * 1024,
      ioBytesPerSecond: Number.MAX_VALUE,
    }),
  });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  isOver = false;
  const busy = probe(other, () => isOver);
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  await cleaner.run();
  const ms = performance.now() - startMs;
  const { user, system } = process.cpuUsage(cpu);
  isOver = true;
  delay.disable();
  process.stdout.write(`append while cleaning: ${percentiles(await busy)}\n`);
  const loop = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ns / 1e6);
  process.stdout.write(`event loop: ${loop.map((one) => one.toFixed(2)).join(" / ")} ms\n`);
  process.stdout.write(
    `${(ms / 1000).toFixed(1)} s, ${((user + system) / 1e6).toFixed(1)} CPU s, ${(process.memoryUsage().rss / 1e6).toFixed(0)} MB resident\n`,
  );
  for (const line of lines) process.stdout.write(`${JSON.stringify(line)}\n`);
  await directory.close();
}

const [command, path = "", megabytes = "1000", keys = "1000000", valueBytes = "100"] =
  process.argv.slice(2);
if (command === "make") await make(path, Number(megabytes), Number(keys), Number(valueBytes));
else if (command === "clean") await clean(path);
else
  process.stderr.write("make <directory> [megabytes] [keys] [value bytes] | clean <directory>\n");
clock.stop();
