import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about records and offsets. */
export const madeUpRecords: Scenario = {
  name: "made up: records",
  steps: [prepare, stored, produce, fetch, listOffsets, epochs, deleteRecords, producers],
};

const UNKNOWN_ID = "ERERESIiMzNERFVVVVVVVQ";
const LEAST = -2_147_483_648;
const MOST = 2_147_483_647;

const ids: { topicId: string; emptyTopicId: string; batch: Buffer } = {
  topicId: "",
  emptyTopicId: "",
  batch: Buffer.alloc(0),
};

interface ProduceBody {
  readonly topicData: readonly {
    readonly partitionData: readonly { readonly records: Buffer }[];
  }[];
}

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  ids.topicId = await makeTopic(replay, "rec", { partitions: 3 });
  ids.emptyTopicId = await makeTopic(replay, "void");
  const { topicData } = replay.recordedRequest("Produce", 9, "ok-acks-all") as ProduceBody;
  ids.batch = topicData[0]?.partitionData[0]?.records ?? Buffer.alloc(0);
}

function topic(partitions: readonly [index: number, records: Buffer][], name = "rec") {
  const topicId = name === "rec" ? ids.topicId : name === "void" ? ids.emptyTopicId : UNKNOWN_ID;
  return {
    name,
    topicId,
    partitionData: partitions.map(([index, records]) => ({ index, records })),
  };
}

/** What is in the log afterwards: as it came, or as the topic's settings want it. */
async function stored(replay: Replay): Promise<void> {
  await makeTopic(replay, "lat", { configs: { "message.timestamp.type": "LogAppendTime" } });
  await makeTopic(replay, "gz", { configs: { "compression.type": "gzip" } });
  await makeTopic(replay, "plain", { configs: { "compression.type": "uncompressed" } });
  const codecs = ["ok-acks-all", "codec-gzip", "codec-snappy", "codec-zstd", "codec-lz4"];
  const others = ["codec-snappy-raw-no-xerial", "client-sets-log-append-time-bit"];
  for (const name of ["rec", "lat", "gz", "plain"]) {
    for (const recorded of [...codecs, ...others, "timestamp-minus-1"]) {
      const body = replay.recordedRequest("Produce", 9, recorded) as ProduceBody;
      const records = body.topicData[0]?.partitionData[0]?.records ?? Buffer.alloc(0);
      const request = {
        transactionalId: null,
        acks: -1,
        timeoutMs: 5000,
        topicData: [topic([[2 * Number(name === "rec"), records]], name)],
      };
      await replay.ask({ api: "Produce", version: 9, case: `${recorded} to ${name}` }, request);
    }
    const request = {
      ...wholePartition,
      topics: [wanted([[2 * Number(name === "rec"), 0]], name)],
    };
    await replay.ask({ api: "Fetch", version: 12, case: `stored in ${name}` }, request);
  }
}

const wholePartition = {
  maxWaitMs: 0,
  minBytes: 1,
  maxBytes: 1_048_576,
  isolationLevel: 0,
  sessionId: 0,
  sessionEpoch: -1,
  forgottenTopicsData: [],
  rackId: "",
};

async function produce(replay: Replay): Promise<void> {
  const { batch } = ids;
  const base = {
    transactionalId: null,
    acks: -1,
    timeoutMs: 5000,
    topicData: [topic([[0, batch]])],
  };
  await askInEveryVersion(
    replay,
    variants("Produce", base, {
      plain: {},
      "acks 1": { acks: 1 },
      "acks 3": { acks: 3 },
      "acks least": { acks: -32_768 },
      "negative timeout": { timeoutMs: -1 },
      nothing: { topicData: [] },
      "topic without partitions": { topicData: [topic([])] },
      "two partitions": {
        topicData: [
          topic([
            [1, batch],
            [0, batch],
          ]),
        ],
      },
      "negative partition between good ones": {
        topicData: [
          topic([
            [0, batch],
            [-1, batch],
            [1, batch],
          ]),
        ],
      },
      "unknown topic between good ones": {
        topicData: [topic([[0, batch]]), topic([[0, batch]], "nope"), topic([[0, batch]], "void")],
      },
      "bad batch beside a good one": {
        topicData: [
          topic([
            [0, batch.subarray(0, 40)],
            [1, batch],
          ]),
        ],
      },
      "header only": { topicData: [topic([[0, batch.subarray(0, 61)]])] },
      "eleven bytes": { topicData: [topic([[0, batch.subarray(0, 11)]])] },
      zeros: { topicData: [topic([[0, Buffer.alloc(100)]])] },
    }),
  );
}

function wanted(
  partitions: readonly (readonly [partition: number, offset: number])[],
  name = "rec",
) {
  const topicId = name === "rec" ? ids.topicId : name === "void" ? ids.emptyTopicId : UNKNOWN_ID;
  return {
    topic: name,
    topicId,
    partitions: partitions.map(([partition, fetchOffset]) => ({
      partition,
      currentLeaderEpoch: -1,
      fetchOffset,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 1_048_576,
    })),
  };
}

async function fetch(replay: Replay): Promise<void> {
  const base = {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 200,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [wanted([[0, 0]])],
    forgottenTopicsData: [],
    rackId: "",
  };
  const withOffset = (offset: number) => ({ topics: [wanted([[0, offset]])] });
  await askInEveryVersion(replay, [
    ...variants("Fetch", base, {
      start: {},
      "inside the log": withOffset(3),
      "far beyond the end": withOffset(Number.MAX_SAFE_INTEGER),
      "least offset": withOffset(-2),
      "empty topic": { topics: [wanted([[0, 0]], "void")] },
      "empty topic, offset 1": { topics: [wanted([[0, 1]], "void")] },
      "partitions in any order": {
        topics: [
          wanted([
            [2, 0],
            [0, 0],
            [1, 0],
          ]),
        ],
      },
      "bad between good": {
        topics: [
          wanted([
            [1, 0],
            [7, 0],
            [0, 0],
          ]),
          wanted([[0, 0]], "nope"),
          wanted([[0, 0]], "void"),
        ],
      },
      "topic without partitions": { topics: [wanted([])] },
      nothing: { topics: [] },
      "negative limits": { maxWaitMs: -1, minBytes: -1, maxBytes: -1 },
      "read committed": { isolationLevel: 1 },
      "isolation level 2": { isolationLevel: 2 },
      "isolation level -1": { isolationLevel: -1 },
    }),
    ...variants(
      "Fetch",
      base,
      {
        "session epoch least": { sessionEpoch: LEAST },
        "session epoch most, no session": { sessionEpoch: MOST },
        "unknown session closed": { sessionId: 987_654 },
        "unknown session, epoch 0": { sessionId: 987_654, sessionEpoch: 0 },
        "forgotten without a session": {
          forgottenTopicsData: [{ topic: "rec", topicId: ids.topicId, partitions: [0] }] as never,
        },
      },
      { from: 7 },
    ),
  ]);
}

async function listOffsets(replay: Replay): Promise<void> {
  const at = (timestamp: number, partitionIndex = 0, name = "rec") => ({
    name,
    partitions: [{ partitionIndex, currentLeaderEpoch: -1, timestamp }],
  });
  const base = { replicaId: -1, isolationLevel: 0, topics: [at(-1)], timeoutMs: 3000 };
  const several = { name: "rec", partitions: [...at(-1, 1).partitions, ...at(-1, 9).partitions] };
  const times = [-1, -2, -3, -4, -5, -6, -7, -100, 0, 1, 4_000_000_000_000];
  await askInEveryVersion(
    replay,
    variants("ListOffsets", base, {
      ...Object.fromEntries(times.map((time) => [`time ${time}`, { topics: [at(time)] }])),
      ...Object.fromEntries(
        times.map((time) => [`time ${time}, empty topic`, { topics: [at(time, 0, "void")] }]),
      ),
      "several, some bad": {
        topics: [several, at(-1, 0, "nope"), at(-2, 0, "void")],
      },
      "negative partition": { topics: [at(-1, -1)] },
      nothing: { topics: [] },
      "from a replica": { replicaId: 5 },
      "from a debugging consumer": { replicaId: -2 },
    }),
  );
}

async function epochs(replay: Replay): Promise<void> {
  const at = (leaderEpoch: number, currentLeaderEpoch = -1, partition = 0, topicName = "rec") => ({
    topic: topicName,
    partitions: [{ partition, currentLeaderEpoch, leaderEpoch }],
  });
  const base = { replicaId: -1, topics: [at(0)] };
  await askInEveryVersion(
    replay,
    variants("OffsetForLeaderEpoch", base, {
      "epoch 0": {},
      "epoch 1": { topics: [at(1)] },
      "epoch least": { topics: [at(LEAST)] },
      "epoch most": { topics: [at(MOST)] },
      "current epoch right": { topics: [at(0, 0)] },
      "current epoch ahead": { topics: [at(0, 1)] },
      "empty topic": { topics: [at(0, -1, 0, "void")] },
      "unknown partition": { topics: [at(0, -1, 9)] },
      "negative partition": { topics: [at(0, -1, -1)] },
      nothing: { topics: [] },
    }),
  );
}

async function deleteRecords(replay: Replay): Promise<void> {
  const before = (offset: number, partitionIndex = 1, name = "rec") => ({
    name,
    partitions: [{ partitionIndex, offset }],
  });
  const base = { topics: [before(0)], timeoutMs: 3000 };
  await askInEveryVersion(
    replay,
    variants("DeleteRecords", base, {
      "offset 0": {},
      "offset 1": { topics: [before(1)] },
      "offset -2": { topics: [before(-2)] },
      "offset beyond the end": { topics: [before(1_000_000)] },
      "empty topic, to its end": { topics: [before(-1, 0, "void")] },
      "unknown partition": { topics: [before(0, 9)] },
      "negative partition": { topics: [before(0, -1)] },
      "unknown topic beside a good one": { topics: [before(0, 0, "nope"), before(1)] },
      nothing: { topics: [] },
    }),
  );
}

async function producers(replay: Replay): Promise<void> {
  const base = {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
    producerId: -1,
    producerEpoch: -1,
  };
  await askInEveryVersion(replay, [
    ...variants("InitProducerId", base, {
      plain: {},
      "timeout 0": { transactionTimeoutMs: 0 },
      "timeout -1": { transactionTimeoutMs: -1 },
    }),
    ...variants(
      "InitProducerId",
      base,
      {
        "id without epoch": { producerId: 5 },
        "epoch without id": { producerEpoch: 5 },
        "unknown id and epoch": { producerId: 123_456, producerEpoch: 3 },
        "id -2": { producerId: -2 },
        "id -2 and epoch -2": { producerId: -2, producerEpoch: -2 },
      },
      { from: 3 },
    ),
  ]);
}
