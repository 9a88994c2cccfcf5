import { gzipSync } from "node:zlib";
import { readBatchHeader, writeBatchHeader } from "../../../src/records/batch.ts";
import { CompressionType } from "../../../src/records/compression.ts";
import { buildBatch, recordBytes } from "../../../src/records/records.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";

/** Made-up batches: what is in them, and what a topic's settings make of them. */
export const madeUpBatches: Scenario = {
  name: "made up: batches",
  ownSettings: { "odradek.validate.compressed.batches": "true" },
  steps: [warmUp, produceAll, fetchAll, listAll],
};

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const { NONE, GZIP } = CompressionType;

const topics: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ordinary: {},
  broker: { "message.timestamp.type": "LogAppendTime" },
  gzipped: { "compression.type": "gzip", "compression.gzip.level": "9" },
  gzippedTime: { "compression.type": "gzip", "message.timestamp.type": "LogAppendTime" },
  plain: { "compression.type": "uncompressed" },
  compact: { "cleanup.policy": "compact" },
  bounded: {
    "message.timestamp.before.max.ms": String(30 * MINUTE),
    "message.timestamp.after.max.ms": String(30 * MINUTE),
  },
  small: { "max.message.bytes": "300" },
  smallPlain: { "max.message.bytes": "300", "compression.type": "uncompressed" },
  short: { "max.decompressed.message.bytes": "50", "compression.type": "uncompressed" },
};

interface Made {
  /** Milliseconds since the epoch; if left out, three around the run's start. */
  readonly times?: readonly number[];
  readonly keys?: readonly (string | null)[];
  readonly value?: string;
  readonly compression?: 0 | 1;
  readonly producer?: { readonly producerId: number; readonly baseSequence: number };
  /** Changes the records before they are compressed. */
  readonly body?: (body: Buffer) => Buffer;
  /** Changes what the batch holds behind its header. */
  readonly stored?: (stored: Buffer) => Buffer;
  readonly attributes?: number;
  readonly maxTimestamp?: number;
}

function made(now: number, { keys = [], value = "v", ...more }: Made): Buffer {
  const { times = [now, now + 10, now + 5] } = more;
  const records = times.map((timestamp, i) => ({
    key: keys[i] === null ? null : Buffer.from(keys[i] ?? `k${i}`),
    value: Buffer.from(value),
    headers: i === 1 ? [{ key: "h", value: null }] : [],
    timestamp,
  }));
  const like = buildBatch({
    records,
    timestamp: now,
    ...more.producer,
    producerEpoch: more.producer === undefined ? -1 : 0,
  });
  const body = (more.body ?? same)(Buffer.from(recordBytes(like, 0, 1e6)));
  const stored = (more.stored ?? same)(more.compression === GZIP ? gzipSync(body) : body);
  const bytes = Buffer.concat([like.subarray(0, 61), stored]);
  const header = readBatchHeader(like, 0);
  const attributes = (more.attributes ?? 0) | (more.compression ?? NONE);
  const maxTimestamp = more.maxTimestamp ?? header.maxTimestamp;
  writeBatchHeader(bytes, { ...header, attributes, maxTimestamp, sizeInBytes: bytes.length });
  return bytes;
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

/** The first record: size, attributes, timestamp delta, offset delta, each one byte. */
const bytesOfFirst = { size: 0, attributes: 1, offsetDelta: 3 } as const;

function withByte(at: number, value: number) {
  return (body: Buffer): Buffer => {
    body[at] = value;
    return body;
  };
}

/** By name, where the run began at `now`. */
const casesAt = (now: number): Readonly<Record<string, Made>> => ({
  plain: {},
  "offset delta of the first is 2": { body: withByte(bytesOfFirst.offsetDelta, 4) },
  "attributes of the first are set": { body: withByte(bytesOfFirst.attributes, 0x13) },
  "size of the first is wrong": { body: withByte(bytesOfFirst.size, 100) },
  "bytes behind the last": { body: (body) => Buffer.concat([body, Buffer.alloc(3)]) },
  "last record cut": { body: (body) => body.subarray(0, -3) },
  "second without a key": { keys: ["a", null, "c"] },
  "all without keys": { keys: [null, null, null, null], times: [now, now, now, now] },
  "times before the first": { times: [now, now - 500, now - 1000] },
  "no times": { times: [-1, -1] },
  "times of 1970": { times: [5, 3, 4] },
  "second too old, third too new": { times: [now, now - 3 * HOUR, now + 3 * HOUR] },
  "too old and without a key": { times: [now, now - 3 * HOUR], keys: ["a", null] },
  "header's largest time is not that of the records": { maxTimestamp: now + 77 },
  "says that the broker gave the times": { attributes: 8 },
  "says that the broker gave the times, none": { attributes: 8, maxTimestamp: -1 },
  "large value": { value: "x".repeat(400), times: [now] },
});

const stored: Readonly<Record<string, Made>> = {
  "garbage in place of gzip": { stored: () => Buffer.alloc(40, 7) },
  "gzip cut": { stored: (bytes) => bytes.subarray(0, -12) },
  "gzip of something else": { stored: () => gzipSync("odradek, of no fixed abode, and lungless") },
  "codec 5": { attributes: 5 },
};

/** Topics for which Kafka makes all batches anew that came compressed. */
const MADE_ANEW = new Set(["plain", "smallPlain", "short"]);

async function produceAll(replay: Replay): Promise<void> {
  const now = replay.startedAtMs;
  const cases = casesAt(now);
  for (const [name, configs] of Object.entries(topics)) {
    await makeTopic(replay, name, { configs });
    for (const [what, one] of Object.entries(cases)) {
      await send(replay, name, what, made(now, one));
      // A compressed record's own size is not looked at by Kafka where the batch stays as it came.
      if (what === "size of the first is wrong" && !MADE_ANEW.has(name)) continue;
      await send(replay, name, `gzip ${what}`, made(now, { ...one, compression: GZIP }));
    }
    for (const [what, one] of Object.entries(stored)) {
      const compression = one.attributes === undefined ? GZIP : NONE;
      await send(replay, name, what, made(now, { ...one, compression }));
    }
  }
  for (const name of ["ordinary", "broker", "gzipped", "gzippedTime"]) {
    const producer = { producerId: 4711, baseSequence: 0 };
    const batch = made(now, { producer });
    await send(replay, name, "idempotent", batch);
    await send(replay, name, "idempotent, again", batch);
    await send(
      replay,
      name,
      "idempotent, other times",
      made(now, { producer, times: [now, now + 99] }),
    );
  }
}

async function send(replay: Replay, name: string, what: string, records: Buffer): Promise<void> {
  const request = {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5000,
    topicData: [{ name, partitionData: [{ index: 0, records }] }],
  };
  await replay.ask({ api: "Produce", version: 9, case: `${what} to ${name}` }, request);
}

async function fetchAll(replay: Replay): Promise<void> {
  for (const topic of Object.keys(topics)) {
    const partition = {
      partition: 0,
      currentLeaderEpoch: -1,
      fetchOffset: 0,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 1_048_576,
    };
    const request = {
      maxWaitMs: 0,
      minBytes: 1,
      maxBytes: 1_048_576,
      isolationLevel: 0,
      sessionId: 0,
      sessionEpoch: -1,
      topics: [{ topic, partitions: [partition] }],
      forgottenTopicsData: [],
      rackId: "",
    };
    await replay.ask({ api: "Fetch", version: 12, case: `batches of ${topic}` }, request);
  }
}

async function listAll(replay: Replay): Promise<void> {
  const now = replay.startedAtMs;
  await makeTopic(replay, "untimed");
  await send(replay, "untimed", "no times", made(now, { times: [-1, -1] }));
  const times = [-1, -2, -3, -4, 0, 4, 6, now - 600, now, now + 1, now + 6, now + 11, now + HOUR];
  for (const name of [...Object.keys(topics), "untimed"]) {
    for (const timestamp of times) {
      const isBrokers = name === "broker" || name === "gzippedTime";
      // When exactly the broker took them, nobody knows beforehand.
      if (isBrokers && timestamp >= now - 600) continue;
      const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }];
      const request = { replicaId: -1, isolationLevel: 0, topics: [{ name, partitions }] };
      const title = timestamp > now / 2 ? `now ${timestamp - now}` : timestamp;
      await replay.ask({ api: "ListOffsets", version: 8, case: `${title} in ${name}` }, request);
    }
  }
}
