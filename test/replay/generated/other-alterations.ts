import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, settled, warmUp } from "../scenario.ts";
import {
  APPEND,
  alter,
  altering,
  asked,
  BROKER,
  CLIENT_METRICS,
  DELETE,
  describe,
  GROUP,
  LOGGER,
  type Operation,
  type Resource,
  SET,
  SUBTRACT,
  TOPIC,
  told,
} from "./altering.ts";
import { askInEveryVersion } from "./asked.ts";

/** The same of groups, subscriptions and loggers; odd requests; AlterConfigs; what is listed. */
export const madeUpOtherAlterations: Scenario = {
  name: "made up: alterations of others",
  steps: [prepare, groups, clientMetrics, loggers, oddRequests, replacing, listed],
};

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "cfg");
}

async function groups(replay: Replay): Promise<void> {
  const one = (...operations: Operation[]): Resource[] => [[GROUP, "g", ...operations]];
  const set = (name: string, value: string): Resource[] => one([name, SET, value]);
  await alter(replay, {
    "group: session": set("consumer.session.timeout.ms", "50000"),
    "group: session too short": set("consumer.session.timeout.ms", "44999"),
    "group: session too long": set("consumer.session.timeout.ms", "60001"),
    "group: heartbeat too seldom": set("consumer.heartbeat.interval.ms", "15001"),
    "group: heartbeat too often": set("consumer.heartbeat.interval.ms", "4999"),
    "group: assignment too seldom": set("consumer.assignment.interval.ms", "15001"),
    "group: unknown setting": set("no.such", "1"),
    "group: a broker's setting": set("group.consumer.session.timeout.ms", "50000"),
    "group: hidden setting": set("consumer.assignor.offload.enable", "false"),
    "group: delete what is not set": one(["share.session.timeout.ms", DELETE, null]),
    "group: delete an unknown setting": one(["no.such", DELETE, null]),
    "group: append to a number": one(["share.session.timeout.ms", APPEND, "1"]),
    "group: append tags": one(["streams.rack.aware.assignment.tags", APPEND, "a,b"]),
    "group: same tag twice": set("streams.rack.aware.assignment.tags", "a,a"),
    "group: assignor": set("streams.assignor.name", "sticky"),
    "group: assignor that is none": set("streams.assignor.name", "other"),
    "group: isolation": set("share.isolation.level", "read_committed"),
    "group: isolation in capitals": set("share.isolation.level", "READ_COMMITTED"),
    "group: reset": set("share.auto.offset.reset", "by_duration:PT1H"),
    "group: bad reset": set("share.auto.offset.reset", "by_duration:-PT1H"),
    "group: dead letters": set("errors.deadletterqueue.topic.name", "dead"),
    "group: dead letters to an internal topic": set("errors.deadletterqueue.topic.name", "__dead"),
    "group: standbys": set("streams.num.standby.replicas", "3"),
    "group: lock too long": set("share.record.lock.duration.ms", "60001"),
    "group: deliveries": set("share.delivery.count.limit", "11"),
    "group: locks": set("share.partition.max.record.locks", "10001"),
    "group without a name": [[GROUP, "", ["consumer.session.timeout.ms", SET, "50000"]]],
    "group: bad value": set("consumer.session.timeout.ms", "x"),
  });
  await describe(replay, "group after alterations", [[GROUP, "g", null]]);
}

async function clientMetrics(replay: Replay): Promise<void> {
  const one = (...operations: Operation[]): Resource[] => [[CLIENT_METRICS, "m", ...operations]];
  const set = (name: string, value: string): Resource[] => one([name, SET, value]);
  const matches = [
    "client_id=a.*",
    "client_id=a,client_software_name=b",
    " client_id = a ",
    "client_id=a,client_id=b",
    "client_id=[",
    "client_id",
    "client_id=",
    "client_id=a=b",
    "no_such=a",
    "",
    "*",
    ",",
    "client_instance_id=b69cc35a-7a54-4790-aa69-cc2bd4ee4538",
  ];
  await alter(replay, {
    ...Object.fromEntries(
      ["99", "100", "3600000", "3600001", "x", "-1", "0", " 200 "].map((value) => [
        `subscription: every '${value}'`,
        set("interval.ms", value),
      ]),
    ),
    ...Object.fromEntries(
      matches.map((value) => [`subscription: match '${value}'`, set("match", value)]),
    ),
    "subscription: metrics": set("metrics", "org.apache.kafka.a,org.apache.kafka.b"),
    "subscription: metrics twice": set("metrics", "a,a"),
    "subscription: all metrics": set("metrics", "*"),
    "subscription: no metrics": set("metrics", ""),
    "subscription: empty metric": set("metrics", "a,,b"),
    "subscription: append metrics": one(["metrics", APPEND, "c"]),
    "subscription: subtract metrics": one(["metrics", SUBTRACT, "c"]),
    "subscription: append to a number": one(["interval.ms", APPEND, "1"]),
    "subscription: unknown setting": set("no.such", "1"),
    "subscription: delete an unknown setting": one(["no.such", DELETE, null]),
    "subscription without a name": [[CLIENT_METRICS, "", ["interval.ms", SET, "200"]]],
  });
  await describe(replay, "subscription after alterations", [[CLIENT_METRICS, "m", null]]);
}

async function loggers(replay: Replay): Promise<void> {
  const of = (name: string, ...operations: Operation[]): Resource[] => [
    [LOGGER, name, ...operations],
  ];
  const root = async (name: string): Promise<void> =>
    describe(replay, name, [[LOGGER, "1", ["root"]]]);
  await alter(replay, { "logger: warn": of("1", ["root", SET, "WARN"]) });
  await root("root logger at warn");
  await alter(replay, {
    "logger: level that is none": of("1", ["root", SET, "LOUD"]),
    "logger: level in small letters": of("1", ["root", SET, "info"]),
    "logger: off": of("1", ["root", SET, "OFF"]),
    "logger: level in blanks": of("1", ["root", SET, " INFO"]),
    "logger: empty level": of("1", ["root", SET, ""]),
    "logger: delete the root": of("1", ["root", DELETE, null]),
    "logger: append": of("1", ["root", APPEND, "INFO"]),
    "logger: subtract": of("1", ["root", SUBTRACT, "INFO"]),
    "logger: unknown operation": of("1", ["root", 7, "INFO"]),
    "logger: without a name": of("1", ["", SET, "INFO"]),
    "logger that is none, deleted": of("1", ["no.such", DELETE, null]),
    "logger: a good and a bad level": of("1", ["root", SET, "ERROR"], ["no.such", SET, "INFO"]),
    "logger of another broker": of("2", ["root", SET, "INFO"]),
    "logger of a broker that is no number": of("x", ["root", SET, "INFO"]),
    "logger of no broker": of("", ["root", SET, "INFO"]),
    "logger: null": of("1", ["root", SET, null]),
  });
  await askInEveryVersion(
    replay,
    asked("IncrementalAlterConfigs", {
      "logger: only tried": altering(of("1", ["root", SET, "ERROR"]), true),
    }),
  );
  await root("root logger after all");
  await alter(replay, { "logger: back": of("1", ["root", SET, "INFO"]) });
}

async function oddRequests(replay: Replay): Promise<void> {
  await alter(replay, {
    "no resources": [],
    "same topic twice": [
      [TOPIC, "cfg", ["retention.ms", SET, "1"]],
      [GROUP, "g", ["consumer.session.timeout.ms", SET, "51000"]],
      [TOPIC, "cfg", ["retention.ms", SET, "2"]],
    ],
    "same topic three times": [
      [TOPIC, "cfg", ["retention.ms", SET, "1"]],
      [TOPIC, "cfg", ["retention.ms", SET, "2"]],
      [TOPIC, "cfg", ["retention.ms", SET, "3"]],
    ],
    "same unknown type twice": [
      [77, "x", ["a", SET, "b"]],
      [77, "x", ["a", SET, "b"]],
    ],
    "type 0": [[0, "x", ["a", SET, "b"]]],
    "type 1": [[1, "x", ["a", SET, "b"]]],
    "negative type": [[-1, "x", ["a", SET, "b"]]],
    "one of every type": [
      [TOPIC, "cfg", ["retention.ms", SET, "9"]],
      [BROKER, "1", ["log.retention.ms", SET, "x"]],
      [LOGGER, "1", ["root", SET, "INFO"]],
      [CLIENT_METRICS, "m", ["interval.ms", SET, "1"]],
      [GROUP, "g", ["consumer.session.timeout.ms", SET, "50000"]],
      [3, "x", ["a", SET, "b"]],
    ],
    "duplicate and null": [[TOPIC, "cfg", ["retention.ms", SET, null], ["retention.ms", SET, "1"]]],
    "two nulls": [[TOPIC, "cfg", ["retention.ms", SET, null], ["segment.ms", SET, null]]],
  });
}

/** AlterConfigs: what is not named is taken away. */
async function replacing(replay: Replay): Promise<void> {
  const resource = (
    resourceType: number,
    resourceName: string,
    ...configs: (readonly [name: string, value: string | null])[]
  ) => ({
    resourceType,
    resourceName,
    configs: configs.map(([name, value]) => ({ name, value })),
  });
  const request = (...resources: ReturnType<typeof resource>[]) => ({
    resources,
    validateOnly: false,
  });
  await askInEveryVersion(
    replay,
    asked("AlterConfigs", {
      "replace a topic's": request(resource(TOPIC, "cfg", ["retention.ms", "77"])),
      "replace, only tried": {
        ...request(resource(TOPIC, "cfg", ["retention.ms", "78"])),
        validateOnly: true,
      },
      "replace, setting twice": request(
        resource(TOPIC, "cfg", ["retention.ms", "1"], ["retention.ms", "2"]),
      ),
      "replace, null": request(resource(TOPIC, "cfg", ["retention.ms", null])),
      "replace, long value": request(resource(TOPIC, "cfg", ["no.such", "x".repeat(32_768)])),
      "replace a group's": request(resource(GROUP, "g2", ["consumer.session.timeout.ms", "47000"])),
      "replace a group's, badly": request(
        resource(GROUP, "g2", ["consumer.session.timeout.ms", "1"]),
      ),
      "replace a subscription's": request(resource(CLIENT_METRICS, "m2", ["interval.ms", "1000"])),
      "replace a broker's": request(resource(BROKER, "1", ["log.retention.ms", "400000"])),
      "replace a broker's, fixed": request(resource(BROKER, "1", ["node.id", "1"])),
      "replace a broker's, in sync": request(resource(BROKER, "1", ["min.insync.replicas", "1"])),
      "replace another broker's": request(resource(BROKER, "7", ["log.retention.ms", "400000"])),
      "replace all brokers'": request(resource(BROKER, "", ["log.retention.ms", "500000"])),
      "replace all brokers', in sync": request(
        resource(BROKER, "", ["log.retention.ms", "500000"], ["min.insync.replicas", "1"]),
      ),
      "replace a logger's": request(resource(LOGGER, "1", ["root", "INFO"])),
      "replace, unknown type": request(resource(5, "x", ["a", "b"])),
      "replace, no resources": request(),
    }),
  );
  await describe(replay, "after replacing", [
    [TOPIC, "cfg", ["retention.ms", "segment.ms", "cleanup.policy"]],
    [BROKER, "1", told],
    [BROKER, "", null],
    [GROUP, "g2", ["consumer.session.timeout.ms"]],
    [CLIENT_METRICS, "m2", null],
  ]);
}

interface Listing {
  readonly configResources: readonly { readonly resourceName: string }[];
}

/** The topic of transactions is there once transactions are. Names come in no order. */
function withoutTransactions(answer: unknown): unknown {
  const { configResources } = answer as Listing;
  const others = configResources.filter(
    ({ resourceName }) => resourceName !== "__transaction_state",
  );
  return { configResources: others };
}

async function listed(replay: Replay): Promise<void> {
  const of = (...resourceTypes: number[]) => ({ resourceTypes });
  const where = { api: "ListConfigResources", version: 0, case: "made-up: subscriptions" };
  await replay.ask(where, {});
  const all = { ...where, version: 1, case: "made-up: all types" };
  await replay.ask(all, of(), { part: withoutTransactions });
  await askInEveryVersion(
    replay,
    asked("ListConfigResources", {
      groups: of(GROUP),
      "groups and subscriptions": of(CLIENT_METRICS, GROUP),
      loggers: of(LOGGER),
      brokers: of(BROKER),
      "type twice": of(BROKER, BROKER),
      "unknown type": of(BROKER, 0),
    }).map((each) => ({ ...each, from: 1 })),
  );
  await askInEveryVersion(
    replay,
    asked("IncrementalAlterConfigs", {
      "take everything away": altering([
        [GROUP, "g2", ["consumer.session.timeout.ms", DELETE, null]],
        [CLIENT_METRICS, "m2", ["interval.ms", DELETE, null]],
      ]),
    }),
  );
  await settled(replay);
  await askInEveryVersion(
    replay,
    asked("ListConfigResources", { "types after taking away": of(GROUP, CLIENT_METRICS) }).map(
      (each) => ({ ...each, from: 1 }),
    ),
  );
}
