import { basename, dirname } from "node:path";
import type { MessageCodec, RecordCodec } from "../../src/protocol/codec.ts";
import { clientQuotaRecord } from "../../src/protocol/generated/records/client-quota-record.ts";
import { configRecord } from "../../src/protocol/generated/records/config-record.ts";
import { consumerGroupCurrentMemberAssignment } from "../../src/protocol/generated/records/consumer-group-current-member-assignment.ts";
import { consumerGroupMemberMetadata } from "../../src/protocol/generated/records/consumer-group-member-metadata.ts";
import { consumerGroupMetadata } from "../../src/protocol/generated/records/consumer-group-metadata.ts";
import { consumerGroupPartitionMetadata } from "../../src/protocol/generated/records/consumer-group-partition-metadata.ts";
import { consumerGroupRegularExpression } from "../../src/protocol/generated/records/consumer-group-regular-expression.ts";
import { consumerGroupTargetAssignmentMember } from "../../src/protocol/generated/records/consumer-group-target-assignment-member.ts";
import { consumerGroupTargetAssignmentMetadata } from "../../src/protocol/generated/records/consumer-group-target-assignment-metadata.ts";
import { featureLevelRecord } from "../../src/protocol/generated/records/feature-level-record.ts";
import { groupMetadata } from "../../src/protocol/generated/records/group-metadata.ts";
import { legacyOffsetCommit } from "../../src/protocol/generated/records/legacy-offset-commit.ts";
import { offsetCommit } from "../../src/protocol/generated/records/offset-commit.ts";
import { partitionChangeRecord } from "../../src/protocol/generated/records/partition-change-record.ts";
import { partitionRecord } from "../../src/protocol/generated/records/partition-record.ts";
import { producerIdsRecord } from "../../src/protocol/generated/records/producer-ids-record.ts";
import { removeTopicRecord } from "../../src/protocol/generated/records/remove-topic-record.ts";
import { shareGroupCurrentMemberAssignment } from "../../src/protocol/generated/records/share-group-current-member-assignment.ts";
import { shareGroupMemberMetadata } from "../../src/protocol/generated/records/share-group-member-metadata.ts";
import { shareGroupMetadata } from "../../src/protocol/generated/records/share-group-metadata.ts";
import { shareGroupStatePartitionMetadata } from "../../src/protocol/generated/records/share-group-state-partition-metadata.ts";
import { shareGroupTargetAssignmentMember } from "../../src/protocol/generated/records/share-group-target-assignment-member.ts";
import { shareGroupTargetAssignmentMetadata } from "../../src/protocol/generated/records/share-group-target-assignment-metadata.ts";
import { streamsGroupCurrentMemberAssignment } from "../../src/protocol/generated/records/streams-group-current-member-assignment.ts";
import { streamsGroupMemberMetadata } from "../../src/protocol/generated/records/streams-group-member-metadata.ts";
import { streamsGroupMetadata } from "../../src/protocol/generated/records/streams-group-metadata.ts";
import { streamsGroupTargetAssignmentMember } from "../../src/protocol/generated/records/streams-group-target-assignment-member.ts";
import { streamsGroupTargetAssignmentMetadata } from "../../src/protocol/generated/records/streams-group-target-assignment-metadata.ts";
import { streamsGroupTopology } from "../../src/protocol/generated/records/streams-group-topology.ts";
import { topicRecord } from "../../src/protocol/generated/records/topic-record.ts";
import { transactionLog } from "../../src/protocol/generated/records/transaction-log.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { shownFields } from "./shown.ts";

/** Says what a record of an internal topic means; undefined: it is none that is known. */
export type RecordReading = (key: Buffer | null, value: Buffer | null) => string | undefined;

type AnyRecord = RecordCodec<unknown, unknown, never, never>;
type AnyMessage = MessageCodec<unknown, never>;

const groupRecords: readonly AnyRecord[] = [
  legacyOffsetCommit,
  offsetCommit,
  groupMetadata,
  consumerGroupMetadata,
  consumerGroupPartitionMetadata,
  consumerGroupMemberMetadata,
  consumerGroupTargetAssignmentMetadata,
  consumerGroupTargetAssignmentMember,
  consumerGroupCurrentMemberAssignment,
  consumerGroupRegularExpression,
  shareGroupMetadata,
  shareGroupMemberMetadata,
  shareGroupTargetAssignmentMetadata,
  shareGroupTargetAssignmentMember,
  shareGroupCurrentMemberAssignment,
  shareGroupStatePartitionMetadata,
  streamsGroupMetadata,
  streamsGroupMemberMetadata,
  streamsGroupTargetAssignmentMetadata,
  streamsGroupTargetAssignmentMember,
  streamsGroupCurrentMemberAssignment,
  streamsGroupTopology,
];

/** By Kafka's apiKey; a name alone: its fields are not known here. */
const metadataRecords: ReadonlyMap<number, AnyMessage | string> = new Map<
  number,
  AnyMessage | string
>([
  [0, "RegisterBrokerRecord"],
  [1, "UnregisterBrokerRecord"],
  [2, topicRecord],
  [3, partitionRecord],
  [4, configRecord],
  [5, partitionChangeRecord],
  [7, "FenceBrokerRecord"],
  [8, "UnfenceBrokerRecord"],
  [9, removeTopicRecord],
  [10, "DelegationTokenRecord"],
  [11, "UserScramCredentialRecord"],
  [12, featureLevelRecord],
  [14, clientQuotaRecord],
  [15, producerIdsRecord],
  [17, "BrokerRegistrationChangeRecord"],
  [18, "AccessControlEntryRecord"],
  [19, "RemoveAccessControlEntryRecord"],
  [20, "NoOpRecord"],
  [21, "ZkMigrationStateRecord"],
  [22, "RemoveUserScramCredentialRecord"],
  [23, "BeginTransactionRecord"],
  [24, "EndTransactionRecord"],
  [25, "AbortTransactionRecord"],
  [26, "RemoveDelegationTokenRecord"],
  [27, "RegisterControllerRecord"],
  [28, "ClearElrRecord"],
  [29, "UnregisterControllerRecord"],
]);

const readings: Readonly<Record<string, RecordReading>> = {
  __consumer_offsets: coordinatorReading(groupRecords),
  __transaction_state: coordinatorReading([transactionLog]),
  __cluster_metadata: metadataRecord,
};

/** How records of this file are read: by the topic whose folder it lies in. */
export function readingOf(path: string): RecordReading | undefined {
  const topic = /^(.+)-\d+$/.exec(basename(dirname(path)))?.[1] ?? "";
  return readings[topic];
}

/** Key and value begin with an int16: what kind it is, and the value's version. */
function coordinatorReading(codecs: readonly AnyRecord[]): RecordReading {
  const byType = new Map(codecs.map((codec) => [codec.type, codec]));
  return (key, value) => {
    if (key === null) return undefined;
    const reader = new Reader(key);
    const codec = byType.get(reader.int16());
    if (codec === undefined) return undefined;
    const name = codec.key.name.replace(/Key$/, "");
    const fields = shownFields(codec.key.decode(reader, codec.key.maxVersion));
    return `${name} ${fields} = ${value === null ? "none any more" : versionedValue(codec, value)}`;
  };
}

function versionedValue(codec: AnyRecord, value: Buffer): string {
  const reader = new Reader(value);
  const version = reader.int16();
  return `v${version} ${shownFields(codec.value.decode(reader, version))}`;
}

/** The value alone: frame version, apiKey and version as unsigned varints, then the fields. */
function metadataRecord(_key: Buffer | null, value: Buffer | null): string | undefined {
  if (value === null) return undefined;
  const reader = new Reader(value);
  reader.uvarint();
  const known = metadataRecords.get(reader.uvarint());
  const version = reader.uvarint();
  if (known === undefined) return undefined;
  if (typeof known === "string") {
    const left = value.subarray(reader.position);
    return `${known} v${version}${left.length === 0 ? "" : ` 0x${left.toString("hex")}`}`;
  }
  return `${known.name} v${version} ${shownFields(known.decode(reader, version))}`;
}
