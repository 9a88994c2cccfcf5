import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";
import {
  APPEND,
  alter,
  BROKER,
  DELETE,
  describe,
  GROUP,
  type Operation,
  type Resource,
  SET,
  SUBTRACT,
  TOPIC,
  told,
} from "./altering.ts";

/** Made-up questions that change settings of topics and brokers, and what is told of them then. */
export const madeUpAlterations: Scenario = {
  name: "made up: alterations",
  steps: [prepare, topics, topicLists, brokers, brokerConflicts, allBrokers],
};

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "cfg");
}

async function topics(replay: Replay): Promise<void> {
  const one = (...operations: Operation[]): Resource[] => [[TOPIC, "cfg", ...operations]];
  await alter(replay, {
    "nothing to alter": one(),
    "delete what is not set": one(["segment.ms", DELETE, null]),
    "delete with a value": one(["segment.ms", DELETE, "5"]),
    "delete an unknown setting": one(["no.such", DELETE, null]),
    "empty name of a setting": one(["", SET, "1"]),
    "value in blanks": one(["segment.ms", SET, " 5000 "]),
    "a good and a bad setting": one(["retention.ms", SET, "5"], ["segment.ms", SET, "0"]),
    "value of 32768 characters": one(["compression.type", SET, "x".repeat(32_768)]),
    "tiered storage": one(["remote.storage.enable", SET, "true"]),
    "tiered storage turned off": one(["remote.storage.enable", SET, "false"]),
    "lags that contradict": one(
      ["min.compaction.lag.ms", SET, "2000"],
      ["max.compaction.lag.ms", SET, "1000"],
    ),
    "lag set first": one(["min.compaction.lag.ms", SET, "2000"]),
    "lag that contradicts what is set": one(["max.compaction.lag.ms", SET, "1000"]),
    "segments of a test": one(["internal.segment.bytes", SET, "100"]),
    "a broker's setting on a topic": one(["log.retention.ms", SET, "1"]),
    "topic that is none, bad value": [[TOPIC, "nope", ["retention.ms", SET, "x"]]],
    "topic without a name": [[TOPIC, "", ["retention.ms", SET, "1"]]],
    "topic with a bad name": [[TOPIC, "a b", ["retention.ms", SET, "1"]]],
    "internal topic": [[TOPIC, "__consumer_offsets", ["segment.ms", SET, "604800000"]]],
    "unknown operation beside good ones": [
      [TOPIC, "cfg", ["retention.ms", 4, "1"]],
      [GROUP, "g1", ["consumer.session.timeout.ms", SET, "46000"]],
    ],
    "negative operation": one(["retention.ms", -1, "1"]),
  });
  await describe(replay, "topic after alterations", [[TOPIC, "cfg", null]]);
}

async function topicLists(replay: Replay): Promise<void> {
  const one = (...operations: Operation[]): Resource[] => [[TOPIC, "cfg", ...operations]];
  const policy = async (name: string): Promise<void> =>
    describe(replay, name, [[TOPIC, "cfg", ["cleanup.policy"]]]);
  await alter(replay, { "append to the default": one(["cleanup.policy", APPEND, "compact"]) });
  await policy("policy after append");
  await alter(replay, {
    "append what is there": one(["cleanup.policy", APPEND, "compact,delete"]),
    "append nothing": one(["cleanup.policy", APPEND, ""]),
    "append what is not allowed": one(["cleanup.policy", APPEND, "other"]),
    "subtract what is not there": one(["cleanup.policy", SUBTRACT, "other"]),
    "subtract one": one(["cleanup.policy", SUBTRACT, "delete"]),
  });
  await policy("policy after subtract");
  await alter(replay, {
    "subtract the last": one(["cleanup.policy", SUBTRACT, "compact"]),
  });
  await policy("policy of nothing");
  await alter(replay, {
    "delete the list": one(["cleanup.policy", DELETE, null]),
    "subtract the default": one(["cleanup.policy", SUBTRACT, "delete"]),
    "policy in blanks": one(["cleanup.policy", SET, " compact , delete "]),
    "append to blanks": one(["cleanup.policy", APPEND, "compact"]),
    "append throttled replicas": one(["leader.replication.throttled.replicas", APPEND, "0:1,1:1"]),
    "append all throttled replicas": one(["leader.replication.throttled.replicas", APPEND, "*"]),
    "append to an unknown setting": one(["no.such", APPEND, "x"]),
    "subtract from a number": one(["retention.ms", SUBTRACT, "1"]),
    "append null": one(["cleanup.policy", APPEND, null]),
    "subtract null": one(["cleanup.policy", SUBTRACT, null]),
  });
  await describe(replay, "topic after lists", [[TOPIC, "cfg", null]]);
}

async function brokers(replay: Replay): Promise<void> {
  const one = (...operations: Operation[]): Resource[] => [[BROKER, "1", ...operations]];
  await alter(replay, {
    "broker: nothing to alter": one(),
    "broker with a plus": [[BROKER, "+1", ["log.retention.ms", SET, "100001"]]],
    "broker with a zero in front": [[BROKER, "01", ["log.retention.ms", SET, "100002"]]],
    "broker: retention": one(["log.retention.ms", SET, "100000"]),
    "broker: delete what is fixed": one(["node.id", DELETE, null]),
    "broker: what is fixed": one(["num.partitions", SET, "5"]),
    "broker: a topic's setting": one(["retention.ms", SET, "5"]),
    "broker: unknown setting": one(["no.such", SET, "x"]),
    "broker: append to an unknown setting": one(["no.such.2", APPEND, "x"]),
    "broker: append to a number": one(["num.io.threads", APPEND, "1"]),
    "broker: append to a list": one(["log.cleanup.policy", APPEND, "compact"]),
    "broker: subtract from a list": one(["log.cleanup.policy", SUBTRACT, "delete"]),
    "broker: append what is not allowed": one(["log.cleanup.policy", APPEND, "x"]),
    "broker: unknown operation": one(["log.retention.ms", 9, "1"]),
    "broker: a good and a bad setting": one(
      ["message.max.bytes", SET, "2000000"],
      ["log.roll.ms", SET, "x"],
    ),
    "broker: replicas in sync": one(["min.insync.replicas", SET, "1"]),
    "broker: no replicas in sync": one(["min.insync.replicas", DELETE, null]),
    "broker: type of compression": one(["compression.type", SET, " gzip "]),
    "broker: rate of replication": one(["leader.replication.throttled.rate", SET, "1000"]),
    "broker: bad rate of replication": one(["leader.replication.throttled.rate", SET, "-1"]),
    "broker: flushes": one(["log.flush.interval.ms", SET, "5000"]),
    "broker: rolls": one(["log.roll.ms", SET, "6000"]),
    "broker: long value": one(["no.such.3", SET, "x".repeat(32_768)]),
    "broker that is no number": [[BROKER, "x", ["log.retention.ms", SET, "1"]]],
    "broker below zero": [[BROKER, "-1", ["log.retention.ms", SET, "1"]]],
  });
  await describe(replay, "broker after alterations", [
    [BROKER, "1", told],
    [TOPIC, "__consumer_offsets", null],
  ]);
  await alter(replay, {
    "broker: back": one(
      ["log.retention.ms", DELETE, null],
      ["no.such", DELETE, null],
      ["log.cleanup.policy", DELETE, null],
      ["compression.type", DELETE, null],
      ["log.flush.interval.ms", DELETE, null],
      ["log.roll.ms", DELETE, null],
      ["leader.replication.throttled.rate", DELETE, null],
    ),
  });
  await describe(replay, "broker as before", [[BROKER, "1", told]]);
}

/** Settings that a broker refuses because of others. */
async function brokerConflicts(replay: Replay): Promise<void> {
  const one = (name: string, value: string): Resource[] => [[BROKER, "1", [name, SET, value]]];
  await alter(replay, {
    "threads doubled and more": one("num.io.threads", "17"),
    "threads more than halved": one("num.io.threads", "3"),
    "network threads more than doubled": one("num.network.threads", "7"),
    "cleaner threads more than doubled": one("log.cleaner.threads", "3"),
    "no cleaner threads": one("log.cleaner.threads", "0"),
    "recovery threads more than doubled": one("num.recovery.threads.per.data.dir", "5"),
    "remote threads more than doubled": one("remote.log.reader.threads", "21"),
    "no retention": one("log.retention.ms", "0"),
    "retention without end": one("log.retention.ms", "-1"),
    "retention below everything": one("log.retention.ms", "-5"),
    "buffer too small for a thread": one("log.cleaner.dedupe.buffer.size", "1000000"),
    "local retention": one("log.local.retention.ms", "1000"),
    "local retention above retention": [
      [BROKER, "1", ["log.retention.ms", SET, "1000"], ["log.local.retention.ms", SET, "2000"]],
    ],
    "local bytes above bytes": [
      [
        BROKER,
        "1",
        ["log.retention.bytes", SET, "1000"],
        ["log.local.retention.bytes", SET, "2000"],
      ],
    ],
    "copy lag above local retention": [
      [BROKER, "1", ["log.retention.ms", SET, "1000"], ["log.remote.copy.lag.ms", SET, "2000"]],
    ],
    "compaction lags that contradict": [
      [
        BROKER,
        "1",
        ["log.cleaner.min.compaction.lag.ms", SET, "2000"],
        ["log.cleaner.max.compaction.lag.ms", SET, "1000"],
      ],
    ],
    "no connections of an address": one("max.connections.per.ip", "0"),
    "no connections but of one address": [
      [
        BROKER,
        "1",
        ["max.connections.per.ip", SET, "0"],
        ["max.connections.per.ip.overrides", SET, "127.0.0.1:100"],
      ],
    ],
    "connections of an address": one("max.connections.per.ip.overrides", "127.0.0.1:100"),
    "connections of nonsense": one("max.connections.per.ip.overrides", "nonsense"),
    "connections without a number": one("max.connections.per.ip.overrides", "127.0.0.1:x"),
    "interval of assignment above its limit": one("group.consumer.assignment.interval.ms", "20000"),
    "directory that is none, cordoned": one("cordoned.log.dirs", "/no/such"),
    "reporter that is none": one("metric.reporters", "no.such.Reporter"),
    "key store without a listener": one("ssl.keystore.location", "/x"),
    "advertised listeners": one("advertised.listeners", "PLAINTEXT://elsewhere:1"),
  });
  await alter(replay, {
    "conflicts undone": [
      [
        BROKER,
        "1",
        ...[
          "log.cleaner.max.compaction.lag.ms",
          "log.cleaner.min.compaction.lag.ms",
          "log.local.retention.bytes",
          "log.local.retention.ms",
          "log.remote.copy.lag.ms",
          "log.retention.bytes",
          "log.retention.ms",
          "max.connections.per.ip",
          "max.connections.per.ip.overrides",
        ].map((name): Operation => [name, DELETE, null]),
      ],
    ],
  });
}

async function allBrokers(replay: Replay): Promise<void> {
  const all = (...operations: Operation[]): Resource[] => [[BROKER, "", ...operations]];
  await alter(replay, {
    "all brokers: retention": all(["log.retention.ms", SET, "200000"]),
    "all brokers: hours": all(["log.retention.hours", SET, "5"]),
    "all brokers: unknown setting": all(["no.such", SET, "x"]),
    "all brokers: listeners": all(["listeners", SET, "PLAINTEXT://:1"]),
    "all brokers: cordoned": all(["cordoned.log.dirs", SET, "/x"]),
    "all brokers: mechanisms": all(["sasl.enabled.mechanisms", SET, "PLAIN"]),
    "all brokers: key store of a listener": all([
      "listener.name.plaintext.ssl.keystore.location",
      SET,
      "/x",
    ]),
    "all brokers: replicas in sync": all(["min.insync.replicas", SET, "2"]),
    "all brokers: connections": all(["max.connections", SET, "5000"]),
    "all brokers: size of records": all(["message.max.bytes", SET, "3000000"]),
  });
  await alter(replay, {
    "broker above all brokers": [[BROKER, "1", ["log.retention.ms", SET, "300000"]]],
  });
  const all3: [number, string, readonly string[] | null][] = [
    [BROKER, "", null],
    [BROKER, "1", [...told, "max.connections"]],
    [TOPIC, "cfg", ["retention.ms", "max.message.bytes", "min.insync.replicas"]],
  ];
  await describe(replay, "all brokers after alterations", all3);
  const topic = { name: "new", numPartitions: -1, replicationFactor: -1, assignments: [] };
  const created = { topics: [{ ...topic, configs: [] }], timeoutMs: 5000, validateOnly: true };
  const where = { api: "CreateTopics", version: 7, case: "made-up: after alterations" };
  await replay.ask(where, created);
  await alter(replay, {
    "all brokers: no replicas in sync": all(["min.insync.replicas", DELETE, null]),
    "all brokers: back": all(
      ["log.retention.ms", DELETE, null],
      ["no.such", DELETE, null],
      ["max.connections", DELETE, null],
      ["message.max.bytes", DELETE, null],
      ["min.insync.replicas", SET, "1"],
    ),
    "broker: back too": [[BROKER, "1", ["log.retention.ms", DELETE, null]]],
  });
  await describe(replay, "all brokers as before", all3);
}
