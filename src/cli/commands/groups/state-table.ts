import { row, widthOf } from "../../tool/columns.ts";
import type { GroupDescription } from "./description.ts";

const WIDTH = 15;
const COORDINATOR_WIDTH = 25;
const COLUMN_WIDTH = 20;
const EPOCH_WIDTH = 25;
const NONE = "-";

export function stateTable(group: GroupDescription, isVerbose: boolean): string {
  const { groupId, coordinator, assignor, state, members } = group;
  const { host, port, nodeId } = coordinator;
  const place = `${host}:${port}  (${nodeId})`;
  const widths = [
    widthOf([groupId], WIDTH),
    widthOf([place], COORDINATOR_WIDTH),
    ...[COLUMN_WIDTH, COLUMN_WIDTH],
    ...(isVerbose ? [WIDTH, EPOCH_WIDTH] : []),
  ];
  const head = ["GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE"];
  const epochs = [group.groupEpoch ?? NONE, group.targetAssignmentEpoch ?? NONE];
  const heading = [...head, ...(isVerbose ? ["GROUP-EPOCH", "TARGET-ASSIGNMENT-EPOCH"] : [])];
  const cells = [groupId, place, assignor || NONE, state, ...(isVerbose ? epochs : [])];
  const lines = [
    [...heading, "#MEMBERS"],
    [...cells, members.length],
  ];
  return `${lines.map((line) => `\n${row(line, widths)}`).join("")}\n`;
}

export function stateDocument(group: GroupDescription) {
  const { groupId, coordinator, assignor, state, members } = group;
  const { nodeId, host, port } = coordinator;
  return {
    groupId,
    coordinator: { id: nodeId, host, port },
    assignmentStrategy: assignor === "" ? null : assignor,
    state,
    groupEpoch: group.groupEpoch ?? null,
    targetAssignmentEpoch: group.targetAssignmentEpoch ?? null,
    memberCount: members.length,
  };
}
