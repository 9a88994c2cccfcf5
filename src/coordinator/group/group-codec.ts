import {
  type GroupMetadataValue,
  groupMetadata,
} from "../../protocol/generated/records/group-metadata.ts";
import { legacyOffsetCommit } from "../../protocol/generated/records/legacy-offset-commit.ts";
import { offsetCommit } from "../../protocol/generated/records/offset-commit.ts";
import { Reader } from "../../protocol/reader.ts";
import { Writer } from "../../protocol/writer.ts";
import type { KeyValue } from "../commit-log.ts";
import type { FactCodec } from "../shard.ts";
import { decodeConsumerRecord, encodeConsumerRecord } from "./consumer/consumer-codec.ts";
import type { CommittedOffset, GroupRecord, PersistedGroup } from "./group-record.ts";

/** The versions that 4.4 writes. */
const OFFSET_VALUE_VERSION = 4;
const GROUP_VALUE_VERSION = 3;

/** The only version that holds an expiry of the offset's own. */
const EXPIRING_OFFSET_VALUE_VERSION = 1;

/** How groups and offsets lie in `__consumer_offsets`: Kafka's own schemas. */
export const groupCodec: FactCodec<GroupRecord> = {
  encode(record) {
    switch (record.type) {
      case "offset":
        return encodeOffset(record);
      case "classic-group":
        return encodeGroup(record);
      default:
        return encodeConsumerRecord(record);
    }
  },

  decode(key, value) {
    const reader = new Reader(key);
    const type = reader.int16();
    switch (type) {
      case legacyOffsetCommit.type:
      case offsetCommit.type: {
        // The two types differ in nothing but their number.
        const { group, topic, partition } = offsetCommit.key.decode(reader, 0);
        const decoded = value === null ? null : decodeOffset(value);
        return { type: "offset", groupId: group, topic, partition, value: decoded };
      }
      case groupMetadata.type: {
        const { group } = groupMetadata.key.decode(reader, 0);
        const decoded = value === null ? null : decodeGroup(value);
        return { type: "classic-group", groupId: group, value: decoded };
      }
      default:
        return decodeConsumerRecord(type, reader, value);
    }
  },
};

function encodeOffset(record: GroupRecord & { type: "offset" }): KeyValue {
  const { groupId, topic, partition, value } = record;
  const key = startedWith(offsetCommit.type);
  offsetCommit.key.encode(key, { group: groupId, topic, partition }, 0);
  if (value === null) return { key: key.toBuffer(), value: null };

  const expires = value.expireTimestampMs !== -1;
  const version = expires ? EXPIRING_OFFSET_VALUE_VERSION : OFFSET_VALUE_VERSION;
  const body = startedWith(version);
  const fields = {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestamp: value.commitTimestampMs,
    expireTimestamp: value.expireTimestampMs,
    topicId: value.topicId,
  };
  offsetCommit.value.encode(body, fields, version);
  return { key: key.toBuffer(), value: body.toBuffer() };
}

function encodeGroup(record: GroupRecord & { type: "classic-group" }): KeyValue {
  const key = startedWith(groupMetadata.type);
  groupMetadata.key.encode(key, { group: record.groupId }, 0);
  if (record.value === null) return { key: key.toBuffer(), value: null };

  const { protocolType, generation, protocolName, leader, stateTimestampMs } = record.value;
  const body = startedWith(GROUP_VALUE_VERSION);
  const fields = {
    protocolType,
    generation,
    protocol: protocolName,
    leader,
    currentStateTimestamp: stateTimestampMs,
    members: record.value.members.map(({ rebalanceTimeoutMs, sessionTimeoutMs, ...rest }) => ({
      ...rest,
      rebalanceTimeout: rebalanceTimeoutMs,
      sessionTimeout: sessionTimeoutMs,
    })),
  };
  groupMetadata.value.encode(body, fields, GROUP_VALUE_VERSION);
  return { key: key.toBuffer(), value: body.toBuffer() };
}

function startedWith(number: number): Writer {
  const writer = new Writer();
  writer.int16(number);
  return writer;
}

function decodeOffset(value: Buffer): CommittedOffset {
  const reader = new Reader(value);
  const decoded = offsetCommit.value.decode(reader, reader.int16());
  return {
    offset: decoded.offset,
    leaderEpoch: decoded.leaderEpoch,
    metadata: decoded.metadata,
    commitTimestampMs: decoded.commitTimestamp,
    expireTimestampMs: decoded.expireTimestamp,
    topicId: decoded.topicId,
  };
}

function decodeGroup(value: Buffer): PersistedGroup {
  const reader = new Reader(value);
  const decoded: GroupMetadataValue = groupMetadata.value.decode(reader, reader.int16());
  return {
    protocolType: decoded.protocolType,
    generation: decoded.generation,
    protocolName: decoded.protocol,
    leader: decoded.leader,
    stateTimestampMs: decoded.currentStateTimestamp,
    members: decoded.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      // Copies: a view would keep everything that was read with it in memory.
      subscription: Buffer.from(member.subscription),
      assignment: Buffer.from(member.assignment),
    })),
  };
}
