import { consumerGroupCurrentMemberAssignment as current } from "../../../protocol/generated/records/consumer-group-current-member-assignment.ts";
import { consumerGroupMemberMetadata as member } from "../../../protocol/generated/records/consumer-group-member-metadata.ts";
import { consumerGroupMetadata as epoch } from "../../../protocol/generated/records/consumer-group-metadata.ts";
import { consumerGroupPartitionMetadata as partitionMetadata } from "../../../protocol/generated/records/consumer-group-partition-metadata.ts";
import { consumerGroupRegularExpression as regularExpression } from "../../../protocol/generated/records/consumer-group-regular-expression.ts";
import { consumerGroupTargetAssignmentMember as target } from "../../../protocol/generated/records/consumer-group-target-assignment-member.ts";
import { consumerGroupTargetAssignmentMetadata as targetEpoch } from "../../../protocol/generated/records/consumer-group-target-assignment-metadata.ts";
import { Reader } from "../../../protocol/reader.ts";
import { Writer } from "../../../protocol/writer.ts";
import type { KeyValue } from "../../commit-log.ts";
import { assignmentOf, asTopicPartitions, type OwnedPartitions } from "./assignment.ts";
import {
  type CurrentAssignment,
  type MemberMetadata,
  memberStateOf,
  sortedNames,
} from "./consumer-member.ts";
import type { ConsumerGroupRecord } from "./consumer-record.ts";

/** Every key and value of a consumer group has but one version. */
const VERSION = 0;

/** How the facts of consumer groups lie in `__consumer_offsets`: Kafka's own schemas. */
export function encodeConsumerRecord(record: ConsumerGroupRecord): KeyValue {
  return { key: keyOf(record), value: bodyOf(record) };
}

function keyOf(record: ConsumerGroupRecord): Buffer {
  switch (record.type) {
    case "consumer-epoch":
      return written(epoch.type, epoch.key, record);
    case "consumer-partition-metadata":
      return written(partitionMetadata.type, partitionMetadata.key, record);
    case "consumer-member":
      return written(member.type, member.key, record);
    case "consumer-target-epoch":
      return written(targetEpoch.type, targetEpoch.key, record);
    case "consumer-target":
      return written(target.type, target.key, record);
    case "consumer-current":
      return written(current.type, current.key, record);
    case "consumer-regex": {
      const { groupId, regex } = record;
      const key = { groupId, regularExpression: regex };
      return written(regularExpression.type, regularExpression.key, key);
    }
  }
}

function bodyOf({ type, value }: ConsumerGroupRecord): Buffer | null {
  if (value === null) return null;
  switch (type) {
    case "consumer-partition-metadata":
      // We only ever take it away.
      return null;
    case "consumer-epoch":
      return written(VERSION, epoch.value, value);
    case "consumer-member": {
      const { classic, ...rest } = value;
      const classicMemberMetadata =
        classic === undefined
          ? null
          : { sessionTimeoutMs: classic.sessionTimeoutMs, supportedProtocols: classic.protocols };
      return written(VERSION, member.value, { ...rest, classicMemberMetadata });
    }
    case "consumer-target-epoch":
      return written(VERSION, targetEpoch.value, {
        assignmentEpoch: value.assignmentEpoch,
        assignmentTimestamp: value.timestampMs,
      });
    case "consumer-target":
      return written(VERSION, target.value, { topicPartitions: asTopicPartitions(value) });
    case "consumer-current":
      return written(VERSION, current.value, {
        memberEpoch: value.memberEpoch,
        previousMemberEpoch: value.previousMemberEpoch,
        state: value.state,
        assignedPartitions: withEpochs(value.assigned),
        partitionsPendingRevocation: withEpochs(value.pendingRevocation),
      });
    case "consumer-regex":
      return written(VERSION, regularExpression.value, {
        topics: sortedNames(value.topics),
        version: value.version,
        timestamp: value.timestampMs,
      });
  }
}

function written<Value>(
  number: number,
  codec: { encode(writer: Writer, value: Value, version: number): void },
  value: Value,
): Buffer {
  const writer = new Writer();
  writer.int16(number);
  codec.encode(writer, value, VERSION);
  return writer.toBuffer();
}

function withEpochs(owned: OwnedPartitions) {
  return asTopicPartitions(owned).map(({ topicId, partitions }) => ({
    topicId,
    partitions,
    assignmentEpochs: partitions.map((partition) => owned.get(topicId)?.get(partition) ?? 0),
  }));
}

/** Undefined for keys of other types. `reader` stands behind the type. */
export function decodeConsumerRecord(
  type: number,
  reader: Reader,
  value: Buffer | null,
): ConsumerGroupRecord | undefined {
  switch (type) {
    case epoch.type: {
      const { groupId } = epoch.key.decode(reader, VERSION);
      return { type: "consumer-epoch", groupId, value: read(epoch.value, value) };
    }
    case partitionMetadata.type: {
      const { groupId } = partitionMetadata.key.decode(reader, VERSION);
      const decoded = value === null ? null : "present";
      return { type: "consumer-partition-metadata", groupId, value: decoded };
    }
    case member.type:
      return { ...decodeMember(reader, value), type: "consumer-member" };
    case targetEpoch.type: {
      const { groupId } = targetEpoch.key.decode(reader, VERSION);
      const decoded = read(targetEpoch.value, value);
      const epochs = decoded && {
        assignmentEpoch: decoded.assignmentEpoch,
        timestampMs: decoded.assignmentTimestamp,
      };
      return { type: "consumer-target-epoch", groupId, value: epochs };
    }
    case target.type: {
      const { groupId, memberId } = target.key.decode(reader, VERSION);
      const decoded = read(target.value, value);
      const assignment = decoded && assignmentOf(decoded.topicPartitions);
      return { type: "consumer-target", groupId, memberId, value: assignment };
    }
    case current.type: {
      const { groupId, memberId } = current.key.decode(reader, VERSION);
      return { type: "consumer-current", groupId, memberId, value: decodeCurrent(value) };
    }
    case regularExpression.type: {
      const key = regularExpression.key.decode(reader, VERSION);
      const decoded = read(regularExpression.value, value);
      const resolved = decoded && {
        topics: new Set(decoded.topics),
        version: decoded.version,
        timestampMs: decoded.timestamp,
      };
      const { groupId, regularExpression: regex } = key;
      return { type: "consumer-regex", groupId, regex, value: resolved };
    }
    default:
      return undefined;
  }
}

function read<Value>(
  codec: { decode(reader: Reader, version: number): Value },
  bytes: Buffer | null,
): Value | null {
  if (bytes === null) return null;
  const reader = new Reader(bytes);
  return codec.decode(reader, reader.int16());
}

function decodeMember(
  reader: Reader,
  bytes: Buffer | null,
): {
  readonly groupId: string;
  readonly memberId: string;
  readonly value: MemberMetadata | null;
} {
  const { groupId, memberId } = member.key.decode(reader, VERSION);
  const decoded = read(member.value, bytes);
  if (decoded === null) return { groupId, memberId, value: null };
  const { classicMemberMetadata, ...rest } = decoded;
  const value: MemberMetadata = {
    ...rest,
    subscribedTopicNames: sortedNames(decoded.subscribedTopicNames),
    subscribedTopicRegex: decoded.subscribedTopicRegex ?? "",
    classic:
      classicMemberMetadata === null
        ? undefined
        : {
            sessionTimeoutMs: classicMemberMetadata.sessionTimeoutMs,
            // Copies: a view would keep everything that was read with it in memory.
            protocols: classicMemberMetadata.supportedProtocols.map(({ name, metadata }) => ({
              name,
              metadata: Buffer.from(metadata),
            })),
          },
  };
  return { groupId, memberId, value };
}

function decodeCurrent(bytes: Buffer | null): CurrentAssignment | null {
  const decoded = read(current.value, bytes);
  if (decoded === null) return null;
  const { memberEpoch, previousMemberEpoch } = decoded;
  const owned = (topics: typeof decoded.assignedPartitions): OwnedPartitions =>
    new Map(
      topics.map(({ topicId, partitions, assignmentEpochs }) => [
        topicId,
        // Kafka before 4.4 does not say since when: then since the member's present epoch.
        new Map(partitions.map((at, i) => [at, assignmentEpochs?.[i] ?? Math.max(memberEpoch, 0)])),
      ]),
    );
  return {
    memberEpoch,
    previousMemberEpoch,
    state: memberStateOf(decoded.state),
    assigned: owned(decoded.assignedPartitions),
    pendingRevocation: owned(decoded.partitionsPendingRevocation),
  };
}
