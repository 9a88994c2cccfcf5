import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about settings: which values topics take, and what is told of them. */
export const madeUpSettings: Scenario = {
  name: "made up: settings",
  steps: [prepare, everySetting, nullsAndNames, described, everythingDescribed],
};

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "plain");
  await makeTopic(replay, "odd", {
    configs: {
      "cleanup.policy": "compact, delete",
      "compression.type": "gzip",
      "follower.replication.throttled.replicas": "*",
      "min.cleanable.dirty.ratio": "1",
      "min.insync.replicas": "01",
      preallocate: "TRUE",
      "retention.ms": " 1000 ",
    },
  });
}

const topicSettings = [
  "cleanup.policy",
  "compression.gzip.level",
  "compression.lz4.level",
  "compression.type",
  "compression.zstd.level",
  "delete.retention.ms",
  "errors.deadletterqueue.group.enable",
  "file.delete.delay.ms",
  "flush.messages",
  "flush.ms",
  "follower.replication.throttled.replicas",
  "index.interval.bytes",
  "leader.replication.throttled.replicas",
  "local.retention.bytes",
  "local.retention.ms",
  "max.compaction.lag.ms",
  "max.decompressed.message.bytes",
  "max.message.bytes",
  "message.timestamp.after.max.ms",
  "message.timestamp.before.max.ms",
  "message.timestamp.type",
  "min.cleanable.dirty.ratio",
  "min.compaction.lag.ms",
  "min.insync.replicas",
  "preallocate",
  "remote.copy.lag.bytes",
  "remote.copy.lag.ms",
  "remote.log.copy.disable",
  "remote.log.delete.on.disable",
  "remote.storage.enable",
  "retention.bytes",
  "retention.ms",
  "segment.bytes",
  "segment.index.bytes",
  "segment.jitter.ms",
  "segment.ms",
  "unclean.leader.election.enable",
  // Known, though not described.
  "internal.segment.bytes",
];

/** Each is right for some type of setting, or at the edge of one. */
const values = [
  "",
  " ",
  "x",
  "-3",
  "-2",
  "-1",
  "0",
  "1",
  "1.5",
  "1f",
  "NaN",
  " 2 ",
  "true",
  "False",
  "2147483647",
  "2147483648",
  "9223372036854775807",
  "9223372036854775808",
  "none",
  "compact,,delete",
];

function creation(configs: readonly { name: string; value: string | null }[]) {
  return {
    topics: [{ name: "new", numPartitions: 1, replicationFactor: 1, assignments: [], configs }],
    timeoutMs: 10_000,
    validateOnly: true,
  };
}

async function everySetting(replay: Replay): Promise<void> {
  // The last version whose answer only says whether the value is taken.
  const version = 4;
  for (const name of topicSettings) {
    for (const value of values) {
      const where = { api: "CreateTopics", version, case: `made-up: ${name} '${value}'` };
      await replay.ask(where, creation([{ name, value }]));
    }
  }
}

async function nullsAndNames(replay: Replay): Promise<void> {
  const set = (...pairs: [name: string, value: string | null][]) =>
    creation(pairs.map(([name, value]) => ({ name, value })));
  await askInEveryVersion(
    replay,
    variants("CreateTopics", creation([]), {
      "null value": set(["retention.ms", null]),
      "null value beside a good one": set(["retention.ms", null], ["segment.ms", "1"]),
      "null value of an unknown setting": set(["no.such", null]),
      "a broker's setting": set(["log.retention.ms", "1"]),
      "upper case name": set(["RETENTION.MS", "1"]),
      "null, then a value": set(["retention.ms", null], ["retention.ms", "1"]),
      "remote storage with compaction": set(
        ["remote.storage.enable", "true"],
        ["cleanup.policy", "compact"],
      ),
      "local retention above retention": set(
        ["retention.ms", "1000"],
        ["local.retention.ms", "2000"],
      ),
      "jitter above segment time": set(["segment.ms", "10"], ["segment.jitter.ms", "20"]),
    }),
  );
}

const TOPIC = 2;
const BROKER = 4;
const LOGGER = 8;
const CLIENT_METRICS = 16;
const GROUP = 32;

function describing(
  resources: readonly (readonly [type: number, name: string, keys?: readonly string[]])[],
) {
  return {
    resources: resources.map(([resourceType, resourceName, keys]) => ({
      resourceType,
      resourceName,
      configurationKeys: keys ?? null,
    })),
    includeSynonyms: false,
    includeDocumentation: false,
  };
}

async function described(replay: Replay): Promise<void> {
  const all = { includeSynonyms: true, includeDocumentation: true };
  await askInEveryVersion(
    replay,
    variants("DescribeConfigs", describing([]), {
      "odd values": describing([[TOPIC, "odd"]]),
      "odd values, all there is to say": { ...describing([[TOPIC, "odd"]]), ...all },
      "internal topic": { ...describing([[TOPIC, "__consumer_offsets"]]), ...all },
      "group that is none": { ...describing([[GROUP, "nobody"]]), ...all },
      "group, two keys": describing([
        [GROUP, "nobody", ["consumer.session.timeout.ms", "no.such"]],
      ]),
      "subscription that is none": { ...describing([[CLIENT_METRICS, "nothing"]]), ...all },
      "subscription, one key": describing([[CLIENT_METRICS, "nothing", ["interval.ms"]]]),
      "root logger": { ...describing([[LOGGER, "1", ["root"]]]), ...all },
      "logger that is none": describing([[LOGGER, "1", ["no.such"]]]),
      "logger of all brokers": describing([[LOGGER, "", ["root"]]]),
      "logger that is no number": describing([[LOGGER, "x", ["root"]]]),
      "all brokers": { ...describing([[BROKER, ""]]), ...all },
      "broker with a sign": describing([[BROKER, "+1", ["num.io.threads"]]]),
      "broker with a zero": describing([[BROKER, "01", ["num.io.threads"]]]),
      "broker, key of a topic": describing([[BROKER, "1", ["retention.ms"]]]),
      "broker, key with an alias": {
        ...describing([[BROKER, "1", ["log.retention.hours", "log.retention.ms"]]]),
        ...all,
      },
      "same broker twice": describing([
        [BROKER, "1", ["num.io.threads"]],
        [BROKER, "1", ["num.io.threads"]],
      ]),
      "one of every type": describing([
        [TOPIC, "plain", ["retention.ms"]],
        [BROKER, "1", ["num.io.threads"]],
        [LOGGER, "1", ["root"]],
        [CLIENT_METRICS, "nothing", ["interval.ms"]],
        [GROUP, "nobody", ["consumer.session.timeout.ms"]],
      ]),
      "one of an unknown type": describing([
        [TOPIC, "plain", ["retention.ms"]],
        [64, "x"],
      ]),
    }),
  );
}

/** What the machine decides, and not the broker. */
const machinesOwn = new Set([
  "advertised.listeners",
  "controller.listener.names",
  "controller.quorum.voters",
  "inter.broker.listener.name",
  "listener.security.protocol.map",
  "listeners",
  "log.dir",
  "log.dirs",
  "node.id",
  "process.roles",
]);

interface Described {
  readonly results: readonly { readonly configs: readonly { readonly name: string }[] }[];
}

async function everythingDescribed(replay: Replay): Promise<void> {
  const request = { ...describing([[BROKER, "1"]]), includeSynonyms: true };
  const part = (answer: unknown): unknown =>
    (answer as Described).results.map((result) => ({
      ...result,
      configs: result.configs.filter(({ name }) => !machinesOwn.has(name)),
    }));
  for (const version of [1, 3]) {
    const where = { api: "DescribeConfigs", version, case: "made-up: everything of a broker" };
    await replay.ask(where, request, { part });
  }
}
