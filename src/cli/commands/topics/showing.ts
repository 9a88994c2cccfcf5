import type { ClusterClient } from "../../../client/cluster-client.ts";
import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import {
  listPartitionReassignments,
  type OngoingPartitionReassignment,
} from "../../../protocol/generated/list-partition-reassignments.ts";
import { ZERO_UUID } from "../../../protocol/uuid.ts";
import { demand } from "../../tool/java-errors.ts";
import { jsonText } from "../../tool/json.ts";
import { ConfigSource, configsOf, ResourceType } from "../../tool/resource-configs.ts";
import {
  describeTopicOfId,
  describeTopics,
  type PartitionDescription,
  type TopicDescription,
} from "../../tool/topics.ts";
import type { CommandContext } from "../command.ts";
import type { GivenOptions } from "../given-options.ts";
import { demandFound, matchingTopics } from "./names.ts";

const ID_LENGTH = 22;
const PADDED_ID_LENGTH = 24;
const MIN_ISR = "min.insync.replicas";

/** What is shown of one topic. */
interface ShownTopic extends TopicDescription {
  /** Settings that are not Kafka's defaults, in the broker's order. */
  readonly configs: ReadonlyMap<string, string | null>;
  readonly minIsr: number;
  readonly reassignments: ReadonlyMap<number, OngoingPartitionReassignment>;
}

/** Prints the topics' names, one a line. @throws Error, KafkaError */
export async function listTopics(
  client: ClusterClient,
  { options, print }: CommandContext,
): Promise<void> {
  const isWithoutInternal = options.has("exclude-internal");
  const topics = await matchingTopics(client, options.text("topic"), isWithoutInternal);
  if (options.has("json")) {
    const listed = topics.map(({ name, topicId, isInternal }) => ({ name, topicId, isInternal }));
    print(jsonText({ topics: listed }));
  } else print(`${topics.map(({ name }) => name).join("\n")}\n`);
}

/** Prints topics with their partitions. @throws Error, KafkaError */
export async function showTopics(
  client: ClusterClient,
  { options, print }: CommandContext,
): Promise<void> {
  const described = await meantTopics(client, options);
  const shown = await completed(client, described);
  const view = viewOf(options, [...client.brokers.keys()]);
  if (options.has("json")) print(jsonText({ topics: documentsOf(shown, view) }));
  else for (const topic of shown) print(textOf(topic, view));
}

async function meantTopics(
  client: ClusterClient,
  options: GivenOptions,
): Promise<TopicDescription[]> {
  const isWithoutInternal = options.has("exclude-internal");
  const topicId = parsedId(options.text("topic-id"));
  const isIfExists = options.has("if-exists");
  if (topicId !== undefined) {
    const topics = await matchingTopics(client, undefined, isWithoutInternal);
    if (topics.some((topic) => topic.topicId === topicId))
      return describeTopicOfId(client, topicId);
    if (isIfExists) return [];
    throw new Error(`TopicId '${topicId}' does not exist as expected`);
  }
  const topics = await matchingTopics(client, options.text("topic"), isWithoutInternal);
  demandFound(topics, options.text("topic"), isIfExists);
  const names = topics.map(({ name }) => name ?? "");
  return describeTopics(client, names, options.integer("partition-size-limit-per-response"));
}

/** Undefined for the id that stands for none. @throws Error with the words of Java's Base64 and Uuid */
function parsedId(text: string | undefined): string | undefined {
  if (text === undefined || text === ZERO_UUID) return undefined;
  const id = text.replace(/=+$/, "");
  if (text.length > PADDED_ID_LENGTH) {
    const prefix = text.slice(0, PADDED_ID_LENGTH);
    throw new Error(
      `Input string with prefix \`${prefix}\` is too long to be decoded as a base64 UUID`,
    );
  }
  const other = /[^\w-]/.exec(id)?.[0].codePointAt(0);
  if (other !== undefined) throw new Error(`Illegal base64 character ${other.toString(16)}`);
  if (id.length % 4 === 1) throw new Error("Last unit does not have enough valid bits");
  if (id.length === ID_LENGTH) return id;
  const { length } = Buffer.from(id, "base64url");
  throw new Error(
    `Input string \`${text}\` decoded as ${length} bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID`,
  );
}

async function completed(
  client: ClusterClient,
  topics: readonly TopicDescription[],
): Promise<ShownTopic[]> {
  const resources = topics.map(({ name }) => ({ type: ResourceType.TOPIC, name }));
  const configs = await configsOf(client, resources, false);
  const reassignments = await reassignmentsOf(client, topics);
  return topics.map((topic, at) => {
    const entries = configs[at] ?? [];
    const own = entries.filter(({ configSource }) => configSource !== ConfigSource.DEFAULT_CONFIG);
    return {
      ...topic,
      configs: new Map(own.map(({ name, value }) => [name, value])),
      minIsr: Number(entries.find(({ name }) => name === MIN_ISR)?.value ?? 1),
      reassignments: reassignments.get(topic.name) ?? new Map(),
    };
  });
}

async function reassignmentsOf(client: ClusterClient, topics: readonly TopicDescription[]) {
  const asked = topics.map(({ name, partitions }) => ({
    name,
    partitionIndexes: partitions.map(({ partition }) => partition),
  }));
  const found = new Map<string, Map<number, OngoingPartitionReassignment>>();
  if (asked.length === 0) return found;
  try {
    const answer = await client.any(listPartitionReassignments, { topics: asked });
    demand(answer);
    for (const { name, partitions } of answer.topics) {
      found.set(name, new Map(partitions.map((one) => [one.partitionIndex, one])));
    }
  } catch (error) {
    if (!isLackOfReassignments(error)) throw error;
  }
  return found;
}

/** Nobody can look at reassignments here: topics can be shown without. */
function isLackOfReassignments(error: unknown): boolean {
  if (!(error instanceof KafkaError)) return false;
  const { code } = error;
  return code === ErrorCode.UNSUPPORTED_VERSION || code === ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
}

/** What of topics is to be seen. */
interface View {
  readonly hasTopics: boolean;
  readonly hasPartitions: boolean;
  shows(partition: PartitionDescription, topic: ShownTopic): boolean;
}

function viewOf(options: GivenOptions, liveBrokers: readonly number[]): View {
  type Test = View["shows"];
  const tests: readonly (readonly [string, Test])[] = [
    ["under-replicated-partitions", (one, topic) => replicationOf(one, topic) > one.isr.length],
    [
      "unavailable-partitions",
      ({ leader }) => leader === undefined || !liveBrokers.includes(leader),
    ],
    [
      "under-min-isr-partitions",
      ({ leader, isr }, { minIsr }) => leader === undefined || isr.length < minIsr,
    ],
    ["at-min-isr-partitions", ({ isr }, { minIsr }) => isr.length === minIsr],
  ];
  const asked = tests.filter(([name]) => options.has(name)).map(([, test]) => test);
  const isOfOverrides = options.has("topics-with-overrides");
  return {
    hasTopics: asked.length === 0,
    hasPartitions: !isOfOverrides,
    shows: (one, topic) => asked.length === 0 || asked.some((test) => test(one, topic)),
  };
}

/** Replicas, without those that a reassignment only adds. */
function replicationOf(one: PartitionDescription, { reassignments }: ShownTopic): number {
  const moving = reassignments.get(one.partition);
  if (moving === undefined) return one.replicas.length;
  const changing = [...moving.addingReplicas, ...moving.removingReplicas];
  if (!one.replicas.some((id) => changing.includes(id))) return one.replicas.length;
  return moving.replicas.length - moving.addingReplicas.length;
}

function textOf(topic: ShownTopic, view: View): string {
  const lines: string[] = [];
  const [first] = topic.partitions;
  if (view.hasTopics && first !== undefined && (view.hasPartitions || topic.configs.size > 0)) {
    const configs = [...topic.configs].map(([name, value]) => `${name}=${value}`).join(",");
    const id = topic.topicId === ZERO_UUID ? [] : [`TopicId: ${topic.topicId}`];
    const counts = [
      `PartitionCount: ${topic.partitions.length}`,
      `ReplicationFactor: ${replicationOf(first, topic)}`,
    ];
    lines.push([`Topic: ${topic.name}`, ...id, ...counts, `Configs: ${configs}`].join("\t"));
  }
  if (view.hasPartitions) {
    const shown = topic.partitions.filter((one) => view.shows(one, topic));
    lines.push(...shown.map((one) => partitionLine(topic, one)));
  }
  return lines.map((line) => `${line}\n`).join("");
}

function partitionLine({ name, reassignments }: ShownTopic, one: PartitionDescription): string {
  const moving = reassignments.get(one.partition);
  const moves =
    moving === undefined
      ? []
      : [
          `Adding Replicas: ${moving.addingReplicas.join(",")}`,
          `Removing Replicas: ${moving.removingReplicas.join(",")}`,
        ];
  return [
    "",
    `Topic: ${name}`,
    `Partition: ${one.partition}`,
    `Leader: ${one.leader ?? "none"}`,
    `Replicas: ${one.replicas.join(",")}`,
    `Isr: ${one.isr.join(",")}`,
    ...moves,
    `Elr: ${one.elr?.join(",") ?? "N/A"}`,
    `LastKnownElr: ${one.lastKnownElr?.join(",") ?? "N/A"}`,
  ].join("\t");
}

function documentsOf(topics: readonly ShownTopic[], view: View) {
  const wanted = view.hasPartitions ? topics : topics.filter(({ configs }) => configs.size > 0);
  return wanted.flatMap((topic) => {
    const partitions = topic.partitions.filter((one) => view.shows(one, topic));
    if (!view.hasTopics && partitions.length === 0) return [];
    const [first] = topic.partitions;
    return [
      {
        name: topic.name,
        topicId: topic.topicId,
        isInternal: topic.isInternal,
        partitionCount: topic.partitions.length,
        replicationFactor: first === undefined ? 0 : replicationOf(first, topic),
        configs: Object.fromEntries(topic.configs),
        ...(view.hasPartitions ? { partitions: partitions.map(partitionDocument) } : {}),
      },
    ];
  });
}

function partitionDocument({ leader, elr, lastKnownElr, ...rest }: PartitionDescription) {
  return {
    ...rest,
    leader: leader ?? null,
    elr: elr ?? null,
    lastKnownElr: lastKnownElr ?? null,
  };
}
