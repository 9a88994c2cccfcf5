import type { ClusterClient } from "../../../client/cluster-client.ts";
import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import { createPartitions } from "../../../protocol/generated/create-partitions.ts";
import { createTopics } from "../../../protocol/generated/create-topics.ts";
import { deleteTopics } from "../../../protocol/generated/delete-topics.ts";
import { demand } from "../../tool/java-errors.ts";
import type { CommandContext } from "../command.ts";
import type { GivenOptions } from "../given-options.ts";
import { type Assignment, parseAssignment } from "./assignment.ts";
import { demandFound, demandValidName, matchingTopics } from "./names.ts";

const REPLICATION_FACTOR_MAX = 32_767;
/** The broker decides. */
const DEFAULT = -1;
/** What a broker may take for a change of topics, as Kafka's admin client asks. */
const TIMEOUT_MS = 60_000;

const collisions =
  "WARNING: Due to limitations in metric names, topics with a period ('.') or underscore ('_') could collide. To avoid issues it is best to use either, but not both.\n";

interface NewTopic {
  readonly name: string;
  readonly partitions: number | undefined;
  readonly replicationFactor: number | undefined;
  readonly assignment: Assignment;
  readonly configs: readonly { readonly name: string; readonly value: string }[];
}

/** Makes one topic. @throws Error, KafkaError */
export async function createTopic(
  client: ClusterClient,
  { options, print }: CommandContext,
): Promise<void> {
  const topic = newTopic(options);
  if (/[._]/.test(topic.name)) print(collisions);
  demandPossible(topic);
  // Kafka's client asks no broker for a topic that cannot be named.
  demandValidName(topic.name);
  try {
    await client.retry(async () => {
      const request = { topics: [creatable(topic)], timeoutMs: TIMEOUT_MS };
      const { topics } = await client.any(createTopics, request);
      for (const outcome of topics) demand(outcome);
    });
  } catch (error) {
    const isThere = error instanceof KafkaError && error.code === ErrorCode.TOPIC_ALREADY_EXISTS;
    if (!isThere) throw error;
    if (options.has("if-not-exists")) return;
    // Brokers say it in words of their own; these are what scripts look for.
    throw new Error(`Topic '${topic.name}' already exists.`, { cause: error });
  }
  print(`Created topic ${topic.name}.\n`);
}

function newTopic(options: GivenOptions): NewTopic {
  return {
    name: options.text("topic") ?? "",
    partitions: options.integer("partitions"),
    replicationFactor: options.integer("replication-factor"),
    assignment: parseAssignment(options.text("replica-assignment") ?? ""),
    configs: [...settings(options.texts("config"))].map(([name, value]) => ({ name, value })),
  };
}

function settings(pairs: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const pair of pairs) {
    const parts = pair.split(/\s*=\s*/);
    const [name, value] = parts;
    if (name === undefined || !value || parts.length !== 2) {
      throw new Error(
        'requirement failed: Invalid topic config: all configs to be added must be in the format "key=val".',
      );
    }
    found.set(name.trim(), value.trim());
  }
  return found;
}

function demandPossible({ partitions, replicationFactor }: NewTopic): void {
  if (replicationFactor !== undefined) {
    if (replicationFactor < 1 || replicationFactor > REPLICATION_FACTOR_MAX) {
      const range = `between 1 and ${REPLICATION_FACTOR_MAX} inclusive`;
      throw new Error(`The replication factor must be ${range}`);
    }
  }
  if (partitions !== undefined && partitions < 1) {
    throw new Error("The partitions must be greater than 0");
  }
}

function creatable({ name, partitions, replicationFactor, assignment, configs }: NewTopic) {
  const isAssigned = assignment.length > 0;
  return {
    name,
    configs,
    numPartitions: isAssigned ? DEFAULT : (partitions ?? DEFAULT),
    replicationFactor: isAssigned ? DEFAULT : (replicationFactor ?? DEFAULT),
    assignments: assignment.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
  };
}

/** Gives every topic that is meant more partitions. @throws Error, KafkaError */
export async function alterTopics(
  client: ClusterClient,
  { options }: CommandContext,
): Promise<void> {
  const { partitions: count = 0, assignment } = newTopic(options);
  const topics = await matchingTopics(client, options.text("topic"), false);
  demandFound(topics, options.text("topic"), options.has("if-exists"));
  if (topics.length === 0) return;
  const wanted = topics.map(({ name, partitions }) => ({
    name: name ?? "",
    count,
    // What is given is the whole assignment; what is new begins after the partitions there are.
    assignments:
      assignment.length === 0
        ? null
        : assignment.slice(partitions.length).map((brokerIds) => ({ brokerIds })),
  }));
  await client.retry(async () => {
    const request = { topics: wanted, timeoutMs: TIMEOUT_MS, validateOnly: false };
    const { results } = await client.any(createPartitions, request);
    for (const outcome of results) demand(outcome);
  });
}

/** Deletes every topic that is meant. @throws Error, KafkaError */
export async function deleteMatching(
  client: ClusterClient,
  { options }: CommandContext,
): Promise<void> {
  const topics = await matchingTopics(client, options.text("topic"), false);
  demandFound(topics, options.text("topic"), options.has("if-exists"));
  if (topics.length === 0) return;
  const names = topics.map(({ name }) => name ?? "");
  await client.retry(async () => {
    const { responses } = await client.any(deleteTopics, {
      topics: names.map((name) => ({ name })),
      topicNames: names,
      timeoutMs: TIMEOUT_MS,
    });
    for (const outcome of responses) demand(outcome);
  });
}
