import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { GroupCoordinator } from "../../../../src/coordinator/group/group-coordinator.ts";
import { readBatchHeader } from "../../../../src/records/batch.ts";
import { silentLogger } from "../../../../src/telemetry/logger.ts";
import { ManualClock } from "../../../../src/time/manual-clock.ts";
import { heartbeat } from "../../../support/coordinator/consumer-member.ts";
import { defaultSettings, type GroupWorld } from "../../../support/coordinator/group-world.ts";
import { MemoryInternalTopic } from "../../../support/coordinator/memory-internal-topic.ts";
import { MemoryTopics } from "../../../support/coordinator/memory-topics.ts";

const file = (name: string) =>
  readFileSync(fileURLToPath(new URL(`../../../golden/consumer-groups/${name}`, import.meta.url)));

interface Described {
  readonly groupId: string;
  readonly members: readonly object[];
}

/** What Kafka 4.4 told of its groups after the stories of test/replay/generated/consumer-groups.ts. */
const described = JSON.parse(file("described.json").toString()) as {
  readonly topics: Readonly<Record<string, { readonly id: string; readonly partitions: number }>>;
  readonly listed: readonly { readonly groupId: string }[];
  readonly consumer: readonly Described[];
  readonly classic: readonly Described[];
  readonly offsets: readonly { readonly groupId: string; readonly topics: readonly object[] }[];
};

/** The topics as Kafka had them. */
class RecordedTopics extends MemoryTopics {
  override topicNames(): readonly string[] {
    return Object.keys(described.topics);
  }
  override topicId(name: string): string | undefined {
    return described.topics[name]?.id;
  }
  override topicName(id: string): string | undefined {
    return Object.entries(described.topics).find(([, topic]) => topic.id === id)?.[0];
  }
  override partitionCount(name: string): number | undefined {
    return described.topics[name]?.partitions;
  }
}

/** The log that Kafka wrote, batch by batch. */
function kafkasLog(): MemoryInternalTopic {
  const topic = new MemoryInternalTopic(1);
  topic.exists = true;
  const [partition] = topic.partitions;
  const bytes = file("offsets.log");
  for (let at = 0; at < bytes.length; ) {
    const { sizeInBytes, baseOffset, lastOffsetDelta } = readBatchHeader(bytes, at);
    partition?.batches.push(bytes.subarray(at, at + sizeInBytes));
    if (partition !== undefined) partition.endOffset = baseOffset + lastOffsetDelta + 1;
    at += sizeInBytes;
  }
  return topic;
}

/** What hash tables give in any order is put in one, and what Kafka leaves out by null is left out. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    const all = value.map(inOrder);
    return all.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => name !== "authorizedOperations");
  return Object.fromEntries(fields.sort().map(([name, inner]) => [name, inOrder(inner)]));
}

describe("the log of groups that Kafka wrote", () => {
  const topics = new RecordedTopics();
  let groups: GroupCoordinator;

  beforeAll(async () => {
    groups = new GroupCoordinator({
      offsetsTopic: kafkasLog(),
      topics,
      groupConfigs: () => new Map(),
      clock: new ManualClock(1_795_420_000_000),
      random: () => 0.5,
      logger: silentLogger,
      config: defaultSettings,
    });
    await groups.start();
  });

  test("holds groups of every state", () => {
    const states = new Set(
      described.consumer.map((group) => JSON.stringify(group).match(/"groupState":"(\w+)"/)?.[1]),
    );

    expect([...states].sort()).toEqual(["Reconciling", "Stable"]);
    expect(described.consumer.length).toBeGreaterThan(9);
  });

  test.each(described.consumer)("gives $groupId as Kafka describes it", (expected) => {
    expect(inOrder(groups.describeConsumerGroup(expected.groupId))).toEqual(inOrder(expected));
  });

  test("gives the same list of groups, and the same offsets", async () => {
    const { groups: listed } = groups.listGroups({ statesFilter: [], typesFilter: [] });
    expect(inOrder(listed)).toEqual(inOrder(described.listed));

    for (const { groupId, topics: expected } of described.offsets) {
      const { topics: found } = await groups.fetchOffsets(groupId, null);
      const named = found.map(({ name, partitions }) => ({ name, partitions }));
      const asNamed = expected.map((topic) => ({ ...topic, topicId: undefined }));
      expect(inOrder(named), groupId).toEqual(inOrder(asNamed));
    }
  });

  test("needs no rebalance when its members go on: the hash of their topics is known", async () => {
    const world = { groups } as GroupWorld;
    const group = groups.describeConsumerGroup("cg-three");
    const [member] = group.members;
    if (member === undefined) throw new Error("nobody is in cg-three");
    const { memberId, memberEpoch } = member;

    const answer = await heartbeat(world, { groupId: "cg-three", memberId, memberEpoch });

    expect(answer).toMatchObject({ errorCode: 0, memberEpoch, assignment: null });
    expect(groups.describeConsumerGroup("cg-three").groupEpoch).toBe(group.groupEpoch);
  });
});
