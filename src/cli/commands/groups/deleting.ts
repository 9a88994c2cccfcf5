import { keyOf, type TopicPartition } from "../../../client/partitions.ts";
import { ErrorCode, errorName, KafkaError } from "../../../protocol/errors.ts";
import { deleteGroups } from "../../../protocol/generated/delete-groups.ts";
import { offsetDelete } from "../../../protocol/generated/offset-delete.ts";
import { row, widthOf } from "../../tool/columns.ts";
import { demand, javaText, sentenceOf } from "../../tool/java-errors.ts";
import { describeTopics } from "../../tool/topics.ts";
import { groupsGiven } from "./showing.ts";
import { parsePartitions } from "./topic-arguments.ts";
import { printError, type Work } from "./work.ts";

const TOPIC_WIDTH = 15;
const PARTITION_WIDTH = 10;
const STATUS_WIDTH = 15;

/** Deletes groups, and says of each that could not be why. */
export async function deleteGiven(work: Work): Promise<void> {
  const { client, print } = work;
  const deleted: string[] = [];
  const failed: string[] = [];
  for (const group of await groupsGiven(work)) {
    try {
      await client.retry(async () => {
        const request = { groupsNames: [group] };
        const { results } = await client.coordinator(group, deleteGroups, [request]);
        // What the broker adds is about the broker; the tool's words are the client's.
        for (const { errorCode } of results) demand({ errorCode });
      });
      deleted.push(`'${group}'`);
    } catch (error) {
      failed.push(`* Group '${group}' could not be deleted due to: ${javaText(error)}\n`);
    }
  }
  const names = deleted.join(", ");
  if (failed.length === 0) {
    print(`Deletion of requested consumer groups (${names}) was successful.\n`);
    return;
  }
  printError(work, "Deletion of some consumer groups failed:");
  print(failed.join(""));
  if (deleted.length > 0) print(`\nThese consumer groups were deleted successfully: ${names}\n`);
}

/** Errors that are said in their own words; others are about single partitions, or unknown. */
const ofGroup: ReadonlySet<number> = new Set([
  ErrorCode.INVALID_GROUP_ID,
  ErrorCode.GROUP_ID_NOT_FOUND,
  ErrorCode.GROUP_AUTHORIZATION_FAILED,
  ErrorCode.NON_EMPTY_GROUP,
]);

const ofPartition: ReadonlySet<number> = new Set([
  ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
  ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
]);

interface Outcome extends TopicPartition {
  readonly errorCode: number;
}

/** Forgets what one group has committed of topics, and prints a line for each partition. */
export async function deleteOffsets(work: Work): Promise<void> {
  const { options, print } = work;
  const group = options.text("group") ?? "";
  const { known, unknown } = await partitionsOf(work, options.texts("topic"));
  const { errorCode, outcomes } = await deleteThem(work, group, known);
  if (errorCode === ErrorCode.NONE) {
    print(`Request succeeded for deleting offsets from group ${group}.\n`);
  } else if (ofGroup.has(errorCode)) printError(work, sentenceOf({ errorCode }));
  else if (ofPartition.has(errorCode)) {
    printError(work, "Encountered some partition-level error, see the follow-up details.");
  } else printError(work, `Encountered some unknown error: ${errorName(errorCode)}`);
  print(tableOf([...unknown, ...outcomes]));
}

async function partitionsOf(
  { client }: Work,
  topics: readonly string[],
): Promise<{ readonly known: TopicPartition[]; readonly unknown: Outcome[] }> {
  const known = new Map<string, TopicPartition>();
  const unknown: Outcome[] = [];
  for (const text of topics) {
    if (text.includes(":")) {
      for (const item of parsePartitions(text)) known.set(keyOf(item), item);
      continue;
    }
    try {
      const [described] = await describeTopics(client, [text]);
      for (const { partition } of described?.partitions ?? []) {
        const item = { topic: text, partition };
        known.set(keyOf(item), item);
      }
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      unknown.push({ topic: text, partition: -1, errorCode: error.code });
    }
  }
  return { known: [...known.values()], unknown };
}

async function deleteThem({ client }: Work, groupId: string, items: readonly TopicPartition[]) {
  const topics = [...new Set(items.map(({ topic }) => topic))].map((name) => ({
    name,
    partitions: items
      .filter(({ topic }) => topic === name)
      .map(({ partition }) => ({ partitionIndex: partition })),
  }));
  const answer = await client.coordinator(groupId, offsetDelete, [{ groupId, topics }]);
  if (answer.errorCode !== ErrorCode.NONE) {
    const { errorCode } = answer;
    return { errorCode, outcomes: items.map((item) => ({ ...item, errorCode })) };
  }
  const outcomes = answer.topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partitionIndex: partition, errorCode }) => ({ topic, partition, errorCode })),
  );
  const refused = outcomes.find(({ errorCode }) => errorCode !== ErrorCode.NONE);
  return { errorCode: refused?.errorCode ?? ErrorCode.NONE, outcomes };
}

function tableOf(outcomes: readonly Outcome[]): string {
  const topics = outcomes.map(({ topic }) => topic);
  const widths = [widthOf(topics, TOPIC_WIDTH), PARTITION_WIDTH, STATUS_WIDTH];
  const rows = [...outcomes]
    .sort((one, two) => (keyText(one) < keyText(two) ? -1 : 1))
    .map(({ topic, partition, errorCode }) => [
      topic,
      partition < 0 ? "-" : partition,
      errorCode === ErrorCode.NONE ? "Successful" : `Error: ${javaText(errorOf(errorCode))}`,
    ]);
  const lines = [["TOPIC", "PARTITION", "STATUS"], ...rows];
  return `${lines.map((cells) => `\n${row(cells, widths)}`).join("")}\n`;
}

function keyText({ topic, partition }: TopicPartition): string {
  return topic + partition;
}

function errorOf(errorCode: number): KafkaError {
  return new KafkaError(errorCode as ErrorCode, sentenceOf({ errorCode }));
}
