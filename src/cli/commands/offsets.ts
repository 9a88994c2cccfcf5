import type { ClusterClient } from "../../client/cluster-client.ts";
import { exceptionText } from "../../client/exceptions.ts";
import { type LogOffset, logOffsets } from "../../client/offsets.ts";
import { keyOf, partitionsOf, type TopicPartition } from "../../client/partitions.ts";
import { OffsetSpec } from "../../protocol/offset-spec.ts";
import {
  type Command,
  type CommandContext,
  CommandError,
  type Option,
  UsageRefusal,
} from "./command.ts";
import { bootstrapServer, commandConfig } from "./common-options.ts";
import type { GivenOptions } from "./given-options.ts";
import { topicFilter } from "./topic-filter.ts";

const options: readonly Option[] = [
  bootstrapServer,
  commandConfig,
  {
    name: "topic",
    kind: "text",
    value: "REGEX",
    description: "Topics by name, several with commas between them, or by a regular expression.",
  },
  {
    name: "partitions",
    kind: "text",
    value: "N,N",
    description: "Only these partitions of the topics.",
  },
  {
    name: "topic-partitions",
    kind: "text",
    value: "TOPIC:PARTITIONS,...",
    description:
      "Topics (a regular expression, or nothing for all) with partitions: 1, 0-3 (0 to 2), 5-, -3, or none for all.",
  },
  {
    name: "time",
    kind: "text",
    value: "TIME",
    description:
      "Milliseconds since the epoch, or -1, latest (the default), -2, earliest, -3, max-timestamp, -4, earliest-local, -5, latest-tiered, -6, earliest-pending-upload.",
  },
  { name: "exclude-internal-topics", kind: "flag", description: "Leave internal topics out." },
];

type PartitionFilter = (at: TopicPartition) => boolean;

/** `--time` in words. */
const times: Readonly<Record<string, number>> = {
  latest: OffsetSpec.LATEST,
  earliest: OffsetSpec.EARLIEST,
  "max-timestamp": OffsetSpec.MAX_TIMESTAMP,
  "earliest-local": OffsetSpec.EARLIEST_LOCAL,
  "latest-tiered": OffsetSpec.LATEST_TIERED,
  "earliest-pending-upload": OffsetSpec.EARLIEST_PENDING_UPLOAD,
};

export const command: Command = {
  name: "offsets",
  summary: "Offsets of partitions by time.",
  standsFor: "kafka-get-offsets",
  options,
  run: (context) => getOffsets(context).catch(sayWhy),
  refuse(message, { complain }) {
    complain(`Error occurred: ${message}\n`);
    return 1;
  },
};

async function getOffsets(context: CommandContext): Promise<number> {
  const { options: given, print, complain } = context;
  const question = questionOf(given);
  const client = await context.connect();
  const { offsets, refused } = await answered(client, question);
  for (const { partition, error } of refused) {
    const where = `${partition.topic}-${partition.partition}`;
    complain(`Skip getting offsets for topic-partition ${where} due to error: ${error}\n`);
  }
  const isJson = given.has("json");
  for (const at of offsets) print(`${isJson ? jsonOf(at) : `${keyOf(at)}:${at.offset}`}\n`);
  return 0;
}

interface Question {
  readonly timestamp: number;
  readonly filter: PartitionFilter;
  readonly isInternalToo: boolean;
}

function questionOf(given: GivenOptions): Question {
  if (given.has("topic-partitions") && (given.has("topic") || given.has("partitions"))) {
    throw refusal("--topic-partitions cannot be used with --topic or --partitions");
  }
  const timestamp = timeOf(given.text("time") ?? "latest");
  const patterns = given.text("topic-partitions");
  const filter =
    patterns === undefined
      ? filterOf(given.text("topic"), given.text("partitions"))
      : anyOf(patterns.split(",").map(ruleOf));
  return { timestamp, filter, isInternalToo: !given.has("exclude-internal-topics") };
}

async function answered(client: ClusterClient, { timestamp, filter, isInternalToo }: Question) {
  const { topics } = await client.metadata(null);
  const visible = topics.filter(({ isInternal }) => isInternalToo || !isInternal);
  const partitions = partitionsOf(visible).filter(filter);
  if (partitions.length === 0) {
    throw refusal("Could not match any topic-partitions with the specified filters");
  }
  const questions = partitions.map((at) => ({ ...at, timestamp }));
  const { offsets, refused } = await logOffsets(client, questions);
  return {
    offsets: offsets.filter(({ offset }) => offset >= 0).sort(byText),
    refused: partitions.flatMap((partition) => {
      const error = refused.get(keyOf(partition));
      return error === undefined ? [] : [{ partition, error: exceptionText(error) }];
    }),
  };
}

/** As Kafka's tool sorts them: `a-10` before `a-2`. */
function byText(one: TopicPartition, other: TopicPartition): number {
  return `${one.topic}-${one.partition}` < `${other.topic}-${other.partition}` ? -1 : 1;
}

function jsonOf({ topic, partition, offset, timestamp, leaderEpoch }: LogOffset): string {
  return JSON.stringify({ topic, partition, offset, timestamp, leaderEpoch });
}

function timeOf(text: string): number {
  const timestamp = times[text] ?? (/^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN);
  if (Number.isSafeInteger(timestamp)) return timestamp;
  const words = Object.entries(times).map(([word, time]) => `${time} or ${word}`);
  throw refusal(
    `Malformed time argument ${text}. Please use ${words.join(" / ")}, or a specified long format timestamp`,
  );
}

function filterOf(topic = ".*", partitions = ""): PartitionFilter {
  const isTopic = topicFilter(topic);
  const numbers = new Set(partitions === "" ? [] : partitions.split(",").map(Number));
  if (partitions !== "" && !/^\d+(,\d+)*,*$/.test(partitions)) {
    throw refusal(
      `--partitions expects a comma separated list of numeric partition ids, but received: ${partitions}`,
    );
  }
  return (at) => isTopic(at.topic) && (numbers.size === 0 || numbers.has(at.partition));
}

/** One of `--topic-partitions`: `topic`, `topic:1`, `topic:0-3`, `:5-`. */
function ruleOf(rule: string): PartitionFilter {
  const match = /^([^:,]*)(?::(?:(\d*)|(?:(\d*)-(\d*))))?$/.exec(rule);
  if (match === null)
    throw refusal(`org.apache.kafka.tools.TerseException: Invalid rule specification: ${rule}`);
  const [, topic, only, from, to] = match;
  const isTopic = topicFilter(topic || ".*");
  if (only) return (at) => isTopic(at.topic) && at.partition === Number(only);
  const [first, end] = [Number(from || 0), to ? Number(to) : Number.POSITIVE_INFINITY];
  return (at) => isTopic(at.topic) && at.partition >= first && at.partition < end;
}

function anyOf(filters: readonly PartitionFilter[]): PartitionFilter {
  return (at) => filters.some((filter) => filter(at));
}

function refusal(message: string): CommandError {
  return new CommandError(message);
}

/** @throws CommandError as Kafka's tool puts it; UsageRefusal as it is */
function sayWhy(error: unknown): never {
  if (!(error instanceof Error) || error instanceof UsageRefusal) throw error;
  throw new CommandError(`Error occurred: ${error.message}`, { cause: error });
}
