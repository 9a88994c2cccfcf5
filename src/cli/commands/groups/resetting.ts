import { readFile } from "node:fs/promises";
import { commitOffsets, committedOffsets, logOffsets } from "../../../client/offsets.ts";
import { comparePartitions, keyOf, type TopicPartition } from "../../../client/partitions.ts";
import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import { OffsetSpec } from "../../../protocol/offset-spec.ts";
import { row, widthOf } from "../../tool/columns.ts";
import { jsonText } from "../../tool/json.ts";
import { describeTopics } from "../../tool/topics.ts";
import { UsageRefusal } from "../command.ts";
import { describeGroup } from "./description.ts";
import { parseDateTime, parseDuration } from "./moments.ts";
import { scenarios } from "./options.ts";
import { type NewOffset, type Plan, parsePlan, planText } from "./plan-file.ts";
import { groupsGiven } from "./showing.ts";
import { parsePartitions } from "./topic-arguments.ts";
import { printError, unwrapping, type Work, wrapping } from "./work.ts";

const WIDTH = 15;
const PARTITION_WIDTH = 10;
/** ListOffsets found no record that is new enough. */
const NONE = -1;

/** Moves what groups have committed, or shows what would be moved. @throws Error, UsageRefusal */
export async function resetOffsets(work: Work): Promise<void> {
  const { options, print } = work;
  const plan = new Map<string, readonly NewOffset[]>();
  for (const group of await groupsGiven(work)) {
    const state = await stateOf(work, group);
    if (state === undefined || state === "Empty" || state === "Dead") {
      plan.set(group, await resetGroup(work, group));
      continue;
    }
    const reason = `is inactive, but the current state is ${state}`;
    printError(work, `Assignments can only be reset if the group '${group}' ${reason}.`);
    plan.set(group, []);
  }
  if (options.has("json")) print(jsonText({ groups: [...plan].map(documentOf) }));
  else if (options.has("export")) {
    print(`${planText(plan, options.texts("group").length !== 1)}\n`);
  } else print(tableOf(plan));
}

/** Undefined: there is no such group yet, which may well get offsets. */
async function stateOf({ client }: Work, group: string): Promise<string | undefined> {
  try {
    return (await describeGroup(client, group)).state;
  } catch (error) {
    const isNew = error instanceof KafkaError && error.code === ErrorCode.GROUP_ID_NOT_FOUND;
    if (!isNew) return wrapping(() => Promise.reject(error));
    return undefined;
  }
}

async function resetGroup(work: Work, groupId: string): Promise<NewOffset[]> {
  const { client, options } = work;
  const partitions = await partitionsToReset(work, groupId);
  const offsets = (await newOffsets(work, groupId, partitions)).sort(comparePartitions);
  if (!options.has("execute") || options.has("dry-run")) return offsets;
  await unwrapping(async () => {
    const refused = await commitOffsets(client, { groupId }, offsets);
    for (const error of refused.values()) throw error;
  });
  return offsets;
}

async function partitionsToReset(work: Work, groupId: string): Promise<TopicPartition[]> {
  const { client, options } = work;
  if (options.has("all-topics")) return wrapping(() => committedOffsets(client, groupId));
  if (!options.has("topic")) {
    if (options.has("from-file")) return [];
    throw new UsageRefusal("One of the reset scopes should be defined: --all-topics, --topic.");
  }
  const topics = options.texts("topic");
  const named = topics.filter((text) => text.includes(":")).flatMap(parsePartitions);
  const whole = topics.filter((text) => !text.includes(":"));
  const described = await unwrapping(() => describeTopics(client, whole));
  return [
    ...named,
    ...described.flatMap(({ name: topic, partitions }) =>
      partitions.map(({ partition }) => ({ topic, partition })),
    ),
  ];
}

async function newOffsets(
  work: Work,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<NewOffset[]> {
  await demandPartitions(work, partitions);
  const { options } = work;
  const scenario = scenarios.find((name) => options.has(name));
  switch (scenario) {
    case "to-offset":
      return inRange(work, withOffset(partitions, options.long("to-offset") ?? 0));
    case "to-earliest":
      return newOffsetsAt(work, partitions, OffsetSpec.EARLIEST);
    case "to-latest":
      return newOffsetsAt(work, partitions, OffsetSpec.LATEST);
    case "shift-by":
      return inRange(work, await shifted(work, groupId, partitions));
    case "to-datetime":
      return since(work, partitions, parseDateTime(options.text("to-datetime") ?? ""));
    case "by-duration": {
      const ago = parseDuration(options.text("by-duration") ?? "");
      return since(work, partitions, work.client.clock.now() - ago);
    }
    case "from-file":
      return inRange(work, await planned(work, groupId));
    case "to-current":
      return current(work, groupId, partitions);
    default: {
      const all = scenarios.map((name) => `[${name}]`).join(", ");
      throw new UsageRefusal(
        `Option '[reset-offsets]' requires one of the following scenarios: [${all}]`,
      );
    }
  }
}

/** @throws Error unless every partition is there and has a leader */
async function demandPartitions(
  { client }: Work,
  partitions: readonly TopicPartition[],
): Promise<void> {
  const names = [...new Set(partitions.map(({ topic }) => topic))];
  const topics = await wrapping(() => describeTopics(client, names));
  const leaders = new Map(
    topics.flatMap(({ name: topic, partitions: all }) =>
      all.map(({ partition, leader }) => [keyOf({ topic, partition }), leader] as const),
    ),
  );
  const absent = partitions.filter((item) => !leaders.has(keyOf(item)));
  if (absent.length > 0) throw new Error(`The partitions "${named(absent)}" do not exist`);
  const headless = partitions.filter((item) => leaders.get(keyOf(item)) === undefined);
  if (headless.length > 0) throw new Error(`The partitions "${named(headless)}" have no leader`);
}

function named(partitions: readonly TopicPartition[]): string {
  return partitions.map(nameOf).join(",");
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}-${partition}`;
}

function withOffset(partitions: readonly TopicPartition[], offset: number): NewOffset[] {
  return partitions.map(({ topic, partition }) => ({ topic, partition, offset }));
}

/** Offsets to commit: where the logs are at a time, or -1 where no record is that new. */
async function newOffsetsAt(
  { client }: Work,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<NewOffset[]> {
  return wrapping(async () => {
    const asked = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }));
    const { offsets, refused } = await logOffsets(client, asked);
    for (const error of refused.values()) throw error;
    return offsets.map(({ topic, partition, offset }) => ({ topic, partition, offset }));
  });
}

/** Offsets of the first records since then; the ends of partitions that have none. */
async function since(
  work: Work,
  partitions: readonly TopicPartition[],
  timestamp: number,
): Promise<NewOffset[]> {
  const found = await newOffsetsAt(work, partitions, timestamp);
  const none = found.filter(({ offset }) => offset === NONE);
  const say = work.options.has("json") ? work.complain : work.print;
  for (const { topic, partition } of none) {
    const what = `Partition ${partition} from topic ${topic} is empty`;
    say(`\nWarn: ${what}. Falling back to latest known offset.\n`);
  }
  const ends = await newOffsetsAt(work, none, OffsetSpec.LATEST);
  return [...found.filter(({ offset }) => offset !== NONE), ...ends];
}

async function shifted(
  work: Work,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<NewOffset[]> {
  const by = work.options.long("shift-by") ?? 0;
  const committed = await committedBy(work, groupId);
  return partitions.map(({ topic, partition }) => {
    const offset = committed.get(keyOf({ topic, partition }));
    if (offset !== undefined) return { topic, partition, offset: offset + by };
    const name = nameOf({ topic, partition });
    throw new UsageRefusal(
      `Cannot shift offset for partition ${name} since there is no current committed offset`,
    );
  });
}

async function current(
  work: Work,
  groupId: string,
  partitions: readonly TopicPartition[],
): Promise<NewOffset[]> {
  const committed = await committedBy(work, groupId);
  const unread = partitions.filter((item) => !committed.has(keyOf(item)));
  const read = partitions.flatMap(({ topic, partition }) => {
    const offset = committed.get(keyOf({ topic, partition }));
    return offset === undefined ? [] : [{ topic, partition, offset }];
  });
  return [...read, ...(await newOffsetsAt(work, unread, OffsetSpec.LATEST))];
}

async function committedBy({ client }: Work, groupId: string): Promise<Map<string, number>> {
  const committed = await wrapping(() => committedOffsets(client, groupId));
  return new Map(committed.map((one) => [keyOf(one), one.offset]));
}

async function planned(work: Work, groupId: string): Promise<NewOffset[]> {
  const { options } = work;
  const path = options.text("from-file") ?? "";
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw new Error(`java.io.IOException: Unable to read file ${path}`, { cause: error });
  });
  const offsets = parsePlan(text, options.texts("group")).get(groupId);
  if (offsets !== undefined) return [...offsets];
  printError(work, `No reset plan for group ${groupId} found`);
  return [];
}

/** Offsets moved to where their log begins or ends, where they would be outside of it. */
async function inRange(work: Work, wanted: readonly NewOffset[]): Promise<NewOffset[]> {
  const starts = byKey(await newOffsetsAt(work, wanted, OffsetSpec.EARLIEST));
  const ends = byKey(await newOffsetsAt(work, wanted, OffsetSpec.LATEST));
  return wanted.map((item) => {
    const end = ends.get(keyOf(item)) ?? item.offset;
    const start = starts.get(keyOf(item)) ?? item.offset;
    if (item.offset > end) return { ...item, offset: moved(work, item, "higher than latest", end) };
    if (item.offset >= start) return item;
    return { ...item, offset: moved(work, item, "lower than earliest", start) };
  });
}

function moved({ complain }: Work, item: NewOffset, where: string, to: number): number {
  const what = `New offset (${item.offset}) is ${where} offset for topic partition ${nameOf(item)}`;
  complain(`WARN ${what}. Value will be set to ${to}.\n`);
  return to;
}

function byKey(offsets: readonly NewOffset[]): Map<string, number> {
  return new Map(offsets.map((one) => [keyOf(one), one.offset]));
}

function tableOf(plan: Plan): string {
  const all = [...plan.values()].flat();
  const widths = [
    widthOf([...plan.keys()], WIDTH),
    widthOf(
      all.map(({ topic }) => topic),
      WIDTH,
    ),
    PARTITION_WIDTH,
  ];
  const rows = [...plan].flatMap(([group, offsets]) =>
    offsets.map(({ topic, partition, offset }) => [group, topic, partition, offset]),
  );
  const head = plan.size === 0 ? [] : [["GROUP", "TOPIC", "PARTITION", "NEW-OFFSET"]];
  return `${[...head, ...rows].map((cells) => `\n${row(cells, widths)}`).join("")}\n`;
}

function documentOf([groupId, partitions]: readonly [string, readonly NewOffset[]]) {
  return {
    groupId,
    partitions: partitions.map(({ topic, partition, offset }) => ({
      topic,
      partition,
      newOffset: offset,
    })),
  };
}
