import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, settled, warmUp } from "../scenario.ts";
import { type Asked, askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about versions, topics, the cluster and configs. */
export const madeUpCluster: Scenario = {
  name: "made up: cluster",
  steps: [
    prepare,
    versions,
    metadata,
    createTopics,
    topicConfigs,
    otherTopicApis,
    describes,
    againAtOnce,
  ],
};

const UNKNOWN_ID = "ERERESIiMzNERFVVVVVVVQ";
const ZERO_ID = "AAAAAAAAAAAAAAAAAAAAAA";
const longest = "x".repeat(249);
const tooLong = "x".repeat(250);

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "gen-a", { partitions: 3 });
  await makeTopic(replay, "gen.b", { configs: { "cleanup.policy": "compact" } });
}

async function versions(replay: Replay): Promise<void> {
  const base = { clientSoftwareName: "probe", clientSoftwareVersion: "1.0" };
  await askInEveryVersion(
    replay,
    variants("ApiVersions", base, {
      "one letter": { clientSoftwareName: "a" },
      "dots and dashes inside": { clientSoftwareName: "a.b-c", clientSoftwareVersion: "1-2.3" },
      "dash first": { clientSoftwareName: "-a" },
      "dash last": { clientSoftwareName: "a-" },
      "dot last": { clientSoftwareVersion: "1." },
      "empty version": { clientSoftwareVersion: "" },
      "not ASCII": { clientSoftwareName: "é" },
      underscore: { clientSoftwareName: "a_b" },
    }),
  );
}

async function metadata(replay: Replay): Promise<void> {
  const named = (...names: string[]) => ({ topics: names.map((name) => ({ name })) });
  const base = {
    ...named("gen-a"),
    allowAutoTopicCreation: false,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  };
  await askInEveryVersion(replay, [
    ...variants("Metadata", base, {
      known: {},
      "known twice": named("gen-a", "gen.b", "gen-a"),
      "bad names": named("", ".", "..", "a/b", "é", tooLong),
    }),
    ...variants(
      "Metadata",
      base,
      {
        "unknown between known": named("gen-a", "nope", "gen.b"),
        "collides, not to be made": named("gen_b"),
        "longest name": named(longest),
        "with topic operations": { includeTopicAuthorizedOperations: true },
        "with cluster operations": { includeClusterAuthorizedOperations: true },
        "unknown with operations": { ...named("nope"), includeTopicAuthorizedOperations: true },
      },
      { from: 4 },
    ),
    ...variants(
      "Metadata",
      base,
      {
        "unknown id twice": {
          topics: [
            { name: null, topicId: UNKNOWN_ID },
            { name: null, topicId: UNKNOWN_ID },
          ] as never,
        },
        "zero id, no name": { topics: [{ name: null, topicId: ZERO_ID }] as never },
        "unknown id beside a known name": {
          topics: [{ name: null, topicId: UNKNOWN_ID }, { name: "gen-a" }] as never,
        },
      },
      { from: 12 },
    ),
  ]);
}

interface NewTopic {
  name?: string;
  numPartitions?: number;
  replicationFactor?: number;
  assignments?: { partitionIndex: number; brokerIds: number[] }[];
  configs?: { name: string; value: string | null }[];
}

function creation(...topics: NewTopic[]) {
  const base = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
  return {
    topics: topics.map((topic) => ({ name: "new", ...base, ...topic })),
    timeoutMs: 10_000,
    validateOnly: true,
  };
}

async function createTopics(replay: Replay): Promise<void> {
  const byHand = (...assignments: [partitionIndex: number, ...brokerIds: number[]][]) =>
    creation({
      numPartitions: -1,
      replicationFactor: -1,
      assignments: assignments.map(([partitionIndex, ...brokerIds]) => ({
        partitionIndex,
        brokerIds,
      })),
    });
  const sizes = [-1, 0, 1, 3].flatMap((numPartitions) =>
    [-1, 0, 1, 2].map((replicationFactor) => ({ numPartitions, replicationFactor })),
  );
  await askInEveryVersion(
    replay,
    variants("CreateTopics", creation({}), {
      ...Object.fromEntries(
        sizes.map((size) => [
          `${size.numPartitions} partitions, ${size.replicationFactor} replicas`,
          creation(size),
        ]),
      ),
      "good and bad together": creation({ name: "new" }, { name: "gen-a" }, { name: "a b" }),
      "same name three times": creation({}, {}, {}),
      collides: creation({ name: "gen_b" }),
      "collides in one request": creation({ name: "p.q" }, { name: "p_q" }),
      "longest name": creation({ name: longest }),
      "assigned out of order": byHand([1, 1], [0, 1]),
      "assigned twice": byHand([0, 1], [0, 1]),
      "assigned to a negative broker": byHand([0, -1]),
      "assigned from 1": byHand([1, 1]),
      "assigned with different lengths": byHand([0, 1], [1, 1, 2]),
      "assigned to nobody": byHand([0]),
    }),
  );
}

/** Values at and beyond the edge of what each setting takes. */
const settings: Readonly<Record<string, readonly string[]>> = {
  "cleanup.policy": ["compact,delete", "compact, delete", "", "delete,delete", "DELETE"],
  "compression.type": ["zstd", "ZSTD", "none", "uncompressed", "producer", ""],
  "compression.gzip.level": ["-1", "0", "1", "9", "10"],
  "compression.lz4.level": ["0", "1", "17", "18"],
  "compression.zstd.level": ["-131073", "-131072", "22", "23"],
  "delete.retention.ms": ["-1", "0"],
  "file.delete.delay.ms": ["-1", "0"],
  "flush.messages": ["0", "1"],
  "flush.ms": ["-1", "0"],
  "index.interval.bytes": ["-1", "0"],
  "leader.replication.throttled.replicas": ["0:1", "*", "x", ""],
  "local.retention.ms": ["-2", "-3"],
  "max.compaction.lag.ms": ["0", "1"],
  "max.message.bytes": ["-1", "0"],
  "message.timestamp.after.max.ms": ["-1", "0"],
  "message.timestamp.difference.max.ms": ["1"],
  "message.timestamp.type": ["LogAppendTime", "logappendtime", ""],
  "message.downconversion.enable": ["true"],
  "message.format.version": ["3.0"],
  "min.cleanable.dirty.ratio": ["0", "0.5", "1", "1.1", "-0.1", "x"],
  "min.compaction.lag.ms": ["-1", "0"],
  "min.insync.replicas": ["0", "1", "5", "1.5", "01", "+1", " 1 ", ""],
  preallocate: ["true", "TRUE", "yes", ""],
  "remote.storage.enable": ["false"],
  "retention.bytes": ["-2", "-1", "0"],
  "retention.ms": ["-2", "-1", "9223372036854775807", "9223372036854775808", "1e3", "0x10", "1_0"],
  "segment.bytes": ["1048575", "1048576", "2147483647", "2147483648"],
  "segment.index.bytes": ["3", "4"],
  "segment.jitter.ms": ["-1", "0"],
  "segment.ms": ["0", "1"],
  "unclean.leader.election.enable": ["true", "1"],
};

async function topicConfigs(replay: Replay): Promise<void> {
  const withConfigs = (...configs: [name: string, value: string | null][]) =>
    creation({ configs: configs.map(([name, value]) => ({ name, value })) });
  const each = Object.entries(settings).flatMap(([name, values]) =>
    values.map((value) => [`${name}=${value}`, withConfigs([name, value])] as const),
  );
  const together = {
    "setting given twice": withConfigs(["retention.ms", "1"], ["retention.ms", "2"]),
    "compaction lags crossed": withConfigs(
      ["min.compaction.lag.ms", "10"],
      ["max.compaction.lag.ms", "5"],
    ),
    "unknown beside bad": withConfigs(["no.such", "1"], ["retention.ms", "x"]),
    "empty name": withConfigs(["", "1"]),
  };
  await askInEveryVersion(
    replay,
    variants(
      "CreateTopics",
      creation({}),
      { ...Object.fromEntries(each), ...together },
      { from: 7 },
    ),
  );
}

async function otherTopicApis(replay: Replay): Promise<void> {
  const grow = (count: number, assignments: number[][] | null = null, name = "gen-a") => ({
    name,
    count,
    assignments: assignments?.map((brokerIds) => ({ brokerIds })) ?? null,
  });
  const growth = { topics: [grow(4)], timeoutMs: 5000, validateOnly: true };
  const byName = { topics: [], topicNames: [] as string[], timeoutMs: 5000 };
  const asked: Asked[] = [
    ...variants("CreatePartitions", growth, {
      "one more": {},
      same: { topics: [grow(3)] },
      fewer: { topics: [grow(2)] },
      none: { topics: [grow(0)] },
      "least integer": { topics: [grow(-2_147_483_648)] },
      nothing: { topics: [] },
      "one more by hand": { topics: [grow(4, [[1]])] },
      "by hand, nobody": { topics: [grow(4, [[]])] },
      "by hand, no list": { topics: [grow(4, [])] },
      "by hand, twice": { topics: [grow(4, [[1, 1]])] },
      "by hand, two replicas": { topics: [grow(4, [[1, 2]])] },
      "good, unknown, twice": {
        topics: [grow(4), grow(4, null, "nope"), grow(2, null, "gen.b"), grow(2, null, "gen.b")],
      },
    }),
    ...variants(
      "DeleteTopics",
      byName,
      {
        nothing: {},
        "unknown twice": { topicNames: ["nope", "nope"] },
        "bad names": { topicNames: ["", ".", "a b"] },
      },
      { upTo: 5 },
    ),
    ...variants(
      "DeleteTopics",
      { topics: [] as unknown[], timeoutMs: 5000 },
      {
        nothing: {},
        "unknown name twice": { topics: [{ name: "nope" }, { name: "nope" }] },
        "unknown id twice": {
          topics: [
            { name: null, topicId: UNKNOWN_ID },
            { name: null, topicId: UNKNOWN_ID },
          ],
        },
        "bad names": { topics: [{ name: "" }, { name: "a b" }] },
      },
      { from: 6 },
    ),
  ];
  await askInEveryVersion(replay, asked);
}

async function describes(replay: Replay): Promise<void> {
  const resource = (type: number, name: string, keys: string[] | null = null) => ({
    resourceType: type,
    resourceName: name,
    configurationKeys: keys,
  });
  const two = ["retention.ms", "cleanup.policy"];
  const configs = {
    resources: [resource(2, "gen.b", two)],
    includeSynonyms: false,
    includeDocumentation: false,
  };
  const page = {
    topics: [] as { name: string }[],
    responsePartitionLimit: 10,
    cursor: null as object | null,
  };
  const cursor = (topicName: string, partitionIndex: number) => ({
    cursor: { topicName, partitionIndex },
  });
  const genA = { topics: [{ name: "gen-a" }] };
  const cluster = { includeClusterAuthorizedOperations: false, includeFencedBrokers: false };
  const endpoints = [0, 1, 2, 3, 127, -1].map((endpointType) => [
    `endpoint type ${endpointType}`,
    { endpointType },
  ]);
  await askInEveryVersion(replay, [
    ...variants("DescribeConfigs", configs, {
      "two keys": {},
      "two keys with synonyms": { includeSynonyms: true },
      "whole topic with synonyms": { resources: [resource(2, "gen.b")], includeSynonyms: true },
      "same topic twice": { resources: [resource(2, "gen.b", two), resource(2, "gen.b", two)] },
      "same key twice": { resources: [resource(2, "gen.b", ["retention.ms", "retention.ms"])] },
      "good and bad": {
        resources: [resource(2, "gen-a", two), resource(2, "nope"), resource(4, "2")],
      },
      "bad topic name": { resources: [resource(2, "a b")] },
      nothing: { resources: [] },
      "resource types that are none": {
        resources: [resource(0, "x"), resource(1, "x"), resource(3, "x"), resource(-1, "x")],
      },
      "logger of another broker": { resources: [resource(8, "2")] },
      "group without a name": { resources: [resource(32, "")] },
      "client metrics without a name": { resources: [resource(16, "")] },
      "broker that is no number": { resources: [resource(4, "1x")] },
      "broker, two keys": {
        resources: [resource(4, "1", ["num.io.threads", "log.segment.bytes"])],
      },
    }),
    ...variants("DescribeCluster", cluster, {
      plain: {},
      operations: { includeClusterAuthorizedOperations: true },
    }),
    ...variants("DescribeCluster", cluster, Object.fromEntries(endpoints), { from: 1 }),
    ...variants("DescribeTopicPartitions", page, {
      "one topic": genA,
      "limit 1": { ...genA, responsePartitionLimit: 1 },
      "limit 0": { ...genA, responsePartitionLimit: 0 },
      "limit -1": { ...genA, responsePartitionLimit: -1 },
      "unknown and bad": { topics: [{ name: "nope" }, { name: "a b" }, { name: "gen-a" }] },
      "same twice": { topics: [{ name: "gen-a" }, { name: "gen-a" }] },
      "cursor behind the end": { ...genA, ...cursor("gen-a", 9) },
      "cursor at another topic": { ...genA, ...cursor("gen.b", 0) },
      "cursor at an unknown topic": { ...genA, ...cursor("zzz", 0) },
    }),
    ...variants(
      "DescribeLogDirs",
      { topics: [] as unknown[] | null },
      {
        none: {},
        "one partition": { topics: [{ topic: "gen-a", partitions: [0] }] },
        "unknown topic": { topics: [{ topic: "nope", partitions: [0] }] },
        "same partition twice": { topics: [{ topic: "gen-a", partitions: [1, 1] }] },
        "no partitions": { topics: [{ topic: "gen-a", partitions: [] }] },
      },
    ),
  ]);
}

/** A topic that is made, deleted and made again without a pause has a new id, and works. */
async function againAtOnce(replay: Replay): Promise<void> {
  const make = { ...creation({ name: "again" }), validateOnly: false };
  await replay.ask({ api: "CreateTopics", version: 7, case: "made once" }, make);
  const remove = { topics: [{ name: "again" }], timeoutMs: 5000 };
  await replay.ask({ api: "DeleteTopics", version: 6, case: "made once" }, remove);
  await replay.ask({ api: "CreateTopics", version: 7, case: "made again" }, make);
  await settled(replay);
  const describe = { topics: [{ name: "again" }], allowAutoTopicCreation: false };
  await replay.ask({ api: "Metadata", version: 12, case: "made again" }, describe);
}
