import { readFileSync } from "node:fs";
import { Comparison } from "../compare.ts";
import { Identities } from "../identities.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, range, type Scenario, settled } from "../scenario.ts";

/** What DescribeConfigs and DescribeLogDirs say, down to every setting of 4.4. */
export const configsAndLogDirs: Scenario = {
  name: "configs and log directories",

  steps: [describeConfigs, everyKey, alterConfigs, describeLogDirs],
};

async function describeConfigs(replay: Replay): Promise<void> {
  await makeTopic(replay, "adm", { partitions: 2 });
  await replay.replayAll("DescribeConfigs", range(1, 4), "topic-two-keys");
  await replay.replayAll("DescribeConfigs", 4, [
    "broker-some",
    "other-broker",
    "broker-default",
    "broker-not-a-number",
    "unknown-topic",
    "empty-topic",
    "unknown-key",
    "empty-keys",
    "bad-type",
    "group",
    "client-metrics",
    "with-documentation",
  ]);
  await replay.replay("DescribeConfigs", 4, "broker-logger", { part: rootLogger });
}

/** After what was asked before: what is altered shows. */
async function alterConfigs(replay: Replay): Promise<void> {
  await replay.replayAll("IncrementalAlterConfigs", [0, 1], "set");
  await replay.replayAll("IncrementalAlterConfigs", 1, [
    "append",
    "subtract",
    "append-non-list",
    "delete",
    "bad-value",
    "unknown-key",
    "bad-op",
    "duplicate-key",
    "unknown-topic",
    "null-value",
    "broker-dynamic",
    "broker-readonly",
    "broker-default-dynamic",
    "other-broker",
    "group",
    "group-out-of-range",
    "logger",
    "client-metrics",
    "bad-resource-type",
    "validate-only",
    "share-group-earliest",
  ]);
  await settled(replay);
  await replay.replayAll("DescribeConfigs", 4, [
    "synonyms-after-broker-default-dynamic",
    "broker-dynamic-synonyms",
  ]);
  await replay.replayAll("AlterConfigs", [0, 1, 2], "set");
  await replay.replayAll("AlterConfigs", 2, [
    "unknown-key",
    "replace-with-nothing",
    "unknown-topic",
  ]);
  await replay.replayAll("ListConfigResources", 0, ["all", "client-metrics"]);
  await replay.replay("ListConfigResources", 1, "all", { part: withoutTopics });
  await replay.replay("ListConfigResources", 1, "topics", { part: withoutTopics });
  await replay.replay("ListConfigResources", 1, "bad-type");
}

interface Listing {
  readonly configResources: readonly { readonly resourceType: number; resourceName: string }[];
}

/** Which topics and share groups there are depends on what was asked before. */
const withoutTopics = (answer: unknown): unknown =>
  (answer as Listing).configResources.filter(
    ({ resourceType, resourceName }) => resourceType !== 2 && resourceName !== "sg",
  );

/** The loggers are the program's own, apart from the root. */
const rootLogger = (answer: unknown): unknown => {
  const { results } = answer as { results: { configs: { name: string }[] }[] };
  return results.map((result) => ({
    ...result,
    configs: result.configs.filter(({ name }) => name === "root"),
  }));
};

async function everyKey(replay: Replay): Promise<void> {
  for (const [file, resource] of everyConfig) await describeAll(replay, file, resource);
}

async function describeLogDirs(replay: Replay): Promise<void> {
  await replay.replayAll("DescribeLogDirs", range(1, 5), "some");
  await replay.replay("DescribeLogDirs", 4, "all", { part: onlyTopic("adm") });
  await replay.replay("DescribeLogDirs", 4, "empty-list");
}

interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

const everyConfig: readonly (readonly [file: string, resource: Resource])[] = [
  ["configs-topic", { resourceType: 2, resourceName: "adm" }],
  ["configs-broker", { resourceType: 4, resourceName: "1" }],
  ["configs-group", { resourceType: 32, resourceName: "no-such-group" }],
];

interface ListedConfig {
  readonly name: string;
  readonly type: string;
  readonly value: string | null;
  readonly source: string;
  readonly readOnly: boolean;
  readonly sensitive: boolean;
  readonly synonyms: readonly (readonly [name: string, value: string | null, source: string])[];
}

/** Codes of DescribeConfigs: where a value comes from, and its type. */
const sources: Readonly<Record<string, number>> = {
  STATIC_BROKER_CONFIG: 4,
  DEFAULT_CONFIG: 5,
};
const types = [
  "UNKNOWN",
  "BOOLEAN",
  "STRING",
  "INT",
  "SHORT",
  "LONG",
  "DOUBLE",
  "LIST",
  "CLASS",
  "PASSWORD",
];

/** Every key of a resource, compared with the list recorded beside the frames. */
async function describeAll(replay: Replay, file: string, resource: Resource): Promise<void> {
  const url = new URL(`../../golden/${file}.json`, import.meta.url);
  const { configs } = JSON.parse(readFileSync(url, "utf8")) as { configs: ListedConfig[] };
  const where = { api: "DescribeConfigs", version: 4, case: `every-key: ${file}` };
  const answer = (await replay.ask(where, {
    resources: [{ ...resource, configurationKeys: null }],
    includeSynonyms: true,
    includeDocumentation: false,
  })) as { results: { configs: unknown[] }[] };
  const own = new Set(configs.filter(isRecordedBrokersOwn).map(({ name }) => name));
  const actual = (answer.results[0]?.configs ?? []) as AnsweredConfig[];
  const comparison = new Comparison("DescribeConfigs", new Identities(0));
  const findings = comparison.compare(
    { configs: configs.map((config) => asAnswered(config)).map(kindOnlyIf(own)) },
    { configs: actual.map(kindOnlyIf(own)) },
  );
  replay.report(where, findings);
}

interface AnsweredConfig {
  readonly name: string;
  readonly readOnly: boolean;
  readonly isSensitive: boolean;
  readonly configType: number;
}

function asAnswered(config: ListedConfig): AnsweredConfig {
  const answered = {
    name: config.name,
    value: config.value,
    readOnly: config.readOnly,
    configSource: sources[config.source],
    isSensitive: config.sensitive,
    synonyms: config.synonyms.map(([name, value, source]) => ({
      name,
      value,
      source: sources[source],
    })),
    configType: types.indexOf(config.type),
    documentation: null,
  };
  return answered;
}

/** The lists were recorded from a broker on which some settings had been changed. */
function isRecordedBrokersOwn(config: ListedConfig): boolean {
  return config.source !== "DEFAULT_CONFIG";
}

/** Of a setting that the recorded broker had changed, only what kind of setting it is. */
function kindOnlyIf(own: ReadonlySet<string>): (config: AnsweredConfig) => AnsweredConfig {
  return (config) => {
    const { name, readOnly, isSensitive, configType } = config;
    return own.has(name) ? { name, readOnly, isSensitive, configType } : config;
  };
}

interface LogDirs {
  readonly results: readonly { readonly topics: readonly { readonly name: string }[] }[];
}

/** The list of all topics depends on what was there before. */
function onlyTopic(name: string): (answer: unknown) => unknown {
  return (answer) =>
    (answer as LogDirs).results.map((result) => ({
      ...result,
      topics: result.topics.filter((topic) => topic.name === name),
    }));
}
