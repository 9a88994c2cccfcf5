import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Assignment } from "../../../../src/coordinator/group/consumer/assignment.ts";
import type {
  Assignor,
  GroupAssignment,
  MemberSpec,
} from "../../../../src/coordinator/group/consumer/assignors/assignor.ts";
import { rangeAssignor } from "../../../../src/coordinator/group/consumer/assignors/range.ts";
import { uniformAssignor } from "../../../../src/coordinator/group/consumer/assignors/uniform.ts";
import { inHashMapOrder } from "../../../../src/coordinator/java-hash.ts";

type Partitions = Readonly<Record<string, readonly number[]>>;

/** A random group, and what the assignor classes of Kafka 4.4's jar gave its members. */
interface Recorded {
  readonly assignor: string;
  readonly homogeneous: boolean;
  readonly topics: Readonly<Record<string, number>>;
  readonly members: readonly {
    readonly id: string;
    readonly instance: string | null;
    readonly topics: readonly string[];
    readonly old: Partitions;
  }[];
  readonly assigned: Readonly<Record<string, Partitions>>;
}

const golden = new URL("../../../golden/assignments.json", import.meta.url);
const recorded = JSON.parse(readFileSync(golden, "utf8")) as readonly Recorded[];

function asAssignment(partitions: Partitions): Assignment {
  return new Map(Object.entries(partitions).map(([topicId, all]) => [topicId, new Set(all)]));
}

function asPartitions(assignment: Assignment | undefined): Partitions {
  const all = [...(assignment ?? [])].filter(([, partitions]) => partitions.size > 0);
  return Object.fromEntries(
    all.map(([topicId, partitions]) => [topicId, [...partitions].sort((a, b) => a - b)]),
  );
}

function assignLike({ assignor, homogeneous, topics, members }: Recorded): GroupAssignment {
  const byId = new Map<string, MemberSpec>(
    members.map((member) => [
      member.id,
      {
        memberId: member.id,
        instanceId: member.instance,
        topicIds: new Set(member.topics),
        assigned: asAssignment(member.old),
      },
    ]),
  );
  const named: Assignor = assignor === "range" ? rangeAssignor : uniformAssignor;
  return named.assign({
    members: inHashMapOrder([...byId.keys()]).flatMap((id) => byId.get(id) ?? []),
    isHomogeneous: homogeneous,
    partitionCount: (topicId) => topics[topicId],
  });
}

describe("assignors give every member what Kafka's give it", () => {
  test.each([
    ["uniform", true],
    ["uniform", false],
    ["range", true],
    ["range", false],
  ] as const)("%s, everybody reads the same: %s", (assignor, homogeneous) => {
    const groups = recorded.filter(
      (each) => each.assignor === assignor && each.homogeneous === homogeneous,
    );
    expect(groups.length).toBeGreaterThan(3);
    for (const group of groups) {
      const assigned = assignLike(group);
      for (const { id } of group.members) {
        expect(asPartitions(assigned.get(id)), `${id} in ${JSON.stringify(group)}`).toEqual(
          group.assigned[id],
        );
      }
    }
  });
});

test("a group without members is assigned nothing", () => {
  const nobody = { members: [], isHomogeneous: true, partitionCount: () => 1 };

  expect(uniformAssignor.assign(nobody).size).toBe(0);
  expect(rangeAssignor.assign(nobody).size).toBe(0);
});
