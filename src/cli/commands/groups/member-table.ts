import { byTopic, type TopicPartition } from "../../../client/partitions.ts";
import { row, widthOf } from "../../tool/columns.ts";
import type { GroupDescription, MemberDescription } from "./description.ts";

export interface MemberTable {
  readonly head: string;
  readonly rows: readonly string[];
}

const WIDTH = 15;
const INSTANCE_WIDTH = 17;
const ASSIGNMENT_WIDTH = 20;
/** The least width of a last column, which is not filled up. */
const AS_IT_IS = 0;
const NONE = "-";

/** A column: its heading, its least width, and what it shows. */
type Column = readonly [string, number, (member: MemberDescription) => unknown];

/** The members, in the coordinator's order. */
export function memberTableOf(group: GroupDescription, isVerbose: boolean): MemberTable {
  const { members } = group;
  const columns = [...plainColumns(group), ...(isVerbose ? verboseColumns(group) : [])];
  const widths = columns.map(([, least, show]) => {
    const texts = members.map((member) => String(show(member)));
    return least === AS_IT_IS ? 0 : widthOf(texts, least);
  });
  const line = (cells: readonly unknown[]) =>
    isVerbose ? row(cells, widths) : `${row(cells, widths)} `;
  return {
    head: line(columns.map(([heading]) => heading)),
    rows: members.map((member) => line(columns.map(([, , show]) => show(member)))),
  };
}

function plainColumns({ groupId, members }: GroupDescription): Column[] {
  const hasInstances = members.some(({ instanceId }) => instanceId !== undefined);
  const instance: Column = [
    "GROUP-INSTANCE-ID",
    INSTANCE_WIDTH,
    ({ instanceId }) => instanceId ?? "",
  ];
  return [
    ["GROUP", Math.max(WIDTH, members.length === 0 ? 0 : groupId.length), () => groupId],
    ["CONSUMER-ID", WIDTH, ({ memberId }) => memberId],
    ...(hasInstances ? [instance] : []),
    ["HOST", WIDTH, ({ host }) => host],
    ["CLIENT-ID", WIDTH, ({ clientId }) => clientId],
    ["#PARTITIONS", WIDTH, ({ assignment }) => assignment.length],
  ];
}

function verboseColumns({ members, targetAssignmentEpoch }: GroupDescription): Column[] {
  // While a group moves to the consumer protocol, it is of interest who has moved.
  const isMixed = [true, false].every((kind) =>
    members.some(({ isUpgraded }) => isUpgraded === kind),
  );
  const upgraded: Column = ["UPGRADED", AS_IT_IS, ({ isUpgraded }) => isUpgraded ?? NONE];
  return [
    ["CURRENT-EPOCH", WIDTH, ({ epoch }) => epoch ?? NONE],
    ["CURRENT-ASSIGNMENT", ASSIGNMENT_WIDTH, ({ assignment }) => textOf(assignment)],
    ["TARGET-EPOCH", WIDTH, () => targetAssignmentEpoch ?? NONE],
    [
      "TARGET-ASSIGNMENT",
      ASSIGNMENT_WIDTH,
      ({ targetAssignment }) => textOf(targetAssignment ?? []),
    ],
    ...(isMixed ? [upgraded] : []),
  ];
}

/** `orders:0,1;payments:2` */
function textOf(assignment: readonly TopicPartition[]): string {
  if (assignment.length === 0) return NONE;
  const topics = [...byTopic(assignment)].map(([topic, items]) => {
    const numbers = items.map(({ partition }) => partition).sort((one, two) => one - two);
    return `${topic}:${numbers.join(",")}`;
  });
  return topics.sort().join(";");
}

export function memberDocument({
  groupId,
  state,
  targetAssignmentEpoch,
  members,
}: GroupDescription) {
  return {
    groupId,
    state,
    targetAssignmentEpoch: targetAssignmentEpoch ?? null,
    members: members.map((member) => ({
      consumerId: member.memberId,
      groupInstanceId: member.instanceId ?? null,
      host: member.host,
      clientId: member.clientId,
      epoch: member.epoch ?? null,
      assignment: member.assignment,
      targetAssignment: member.targetAssignment ?? null,
      isUpgraded: member.isUpgraded ?? null,
    })),
  };
}
