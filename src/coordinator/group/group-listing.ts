import { ErrorCode } from "../../protocol/errors.ts";
import type {
  DescribeGroupsResponse,
  DescribeGroupsResponseInput,
} from "../../protocol/generated/describe-groups.ts";
import type {
  ListGroupsRequest,
  ListGroupsResponse,
} from "../../protocol/generated/list-groups.ts";
import type { ClassicGroup } from "./classic/classic-group.ts";
import { NO_ASSIGNMENT } from "./classic/classic-member.ts";
import type { Group } from "./group.ts";

export type DescribedGroup = DescribeGroupsResponseInput["groups"][number];
export type ListedGroup = ListGroupsResponse["groups"][number];

/** From this version on an unknown group is an error; before, it is a dead group. */
const GROUP_ID_NOT_FOUND_FROM_VERSION = 6;

/** Authorized operations of a group nobody asked them of, or that was refused. */
const NO_AUTHORIZED_OPERATIONS = -2147483648;

type DescribedMember = DescribeGroupsResponse["groups"][number]["members"][number];

/** What a group tells about itself. Only a stable one says what its members subscribe to. */
export function describe(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === "Stable";
  const protocolName = isStable ? (group.protocolName ?? "") : "";
  const members: DescribedMember[] = [...group.members()].map((member) => ({
    memberId: member.memberId,
    groupInstanceId: member.groupInstanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    memberMetadata: isStable ? member.metadataFor(protocolName) : NO_ASSIGNMENT,
    memberAssignment: member.assignment,
  }));
  return {
    errorCode: ErrorCode.NONE,
    errorMessage: null,
    groupId: group.groupId,
    groupState: group.state,
    protocolType: group.protocolType ?? "",
    protocolData: protocolName,
    members,
    authorizedOperations: NO_AUTHORIZED_OPERATIONS,
  };
}

/** A group that nobody knows, or one of another protocol: this API is about classic groups. */
export function describeUnknown(
  groupId: string,
  version: number,
  why = `Group ${groupId} not found.`,
): DescribedGroup {
  const isError = version >= GROUP_ID_NOT_FOUND_FROM_VERSION;
  return {
    ...describeRefusal(groupId, isError ? ErrorCode.GROUP_ID_NOT_FOUND : ErrorCode.NONE),
    errorMessage: isError ? why : null,
    groupState: "Dead",
  };
}

export function describeRefusal(groupId: string, errorCode: ErrorCode): DescribedGroup {
  return {
    errorCode,
    errorMessage: null,
    groupId,
    groupState: "",
    protocolType: "",
    protocolData: "",
    members: [],
    authorizedOperations: NO_AUTHORIZED_OPERATIONS,
  };
}

/** Whether a group is asked for. No filter means all; an unknown state or type matches nothing. */
export function matchesFilters(group: Group, request: ListGroupsRequest): boolean {
  return has(request.statesFilter, group.state) && has(request.typesFilter, group.type);
}

export function listed(group: Group): ListedGroup {
  return {
    groupId: group.groupId,
    protocolType: group.protocolType ?? "",
    groupState: group.state,
    groupType: group.type,
  };
}

function has(filter: readonly string[], value: string): boolean {
  return (
    filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase())
  );
}
