import { expect, test } from "vitest";
import { KafkaMetadata } from "../../../src/cluster/adoption/kafka-metadata.ts";
import {
  decodeMetadataRecord,
  type MetadataRecord,
  UnknownForm,
} from "../../../src/cluster/adoption/metadata-record.ts";

const ID = "KI8ZEVA8YTYm0AfgJzK2Kg";
const UNCHANGED = -2;

function replayed(...records: readonly MetadataRecord[]): KafkaMetadata {
  const metadata = new KafkaMetadata();
  for (const record of records) metadata.replay(record);
  return metadata;
}

const topic = (name: string, topicId = ID): MetadataRecord => ({
  type: "topic",
  body: { name, topicId },
});

const partition = (partitionId: number, leaderEpoch: number): MetadataRecord => ({
  type: "partition",
  body: {
    partitionId,
    topicId: ID,
    replicas: [1],
    isr: [1],
    removingReplicas: [],
    addingReplicas: [],
    leader: 1,
    leaderRecoveryState: 0,
    leaderEpoch,
    partitionEpoch: 0,
    directories: [],
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  },
});

const change = (partitionId: number, leader: number): MetadataRecord => ({
  type: "partitionChange",
  body: {
    partitionId,
    topicId: ID,
    isr: null,
    leader,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: -1,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
  },
});

const config = (resourceName: string, name: string, value: string | null): MetadataRecord => ({
  type: "config",
  body: { resourceType: 2, resourceName, name, value },
});

const names = (metadata: KafkaMetadata) => [...metadata.topics].map(({ name }) => name);

test("a leader that is named begins an epoch, also where it is the same", () => {
  const metadata = replayed(
    topic("a"),
    partition(0, 4),
    change(0, UNCHANGED),
    change(0, 1),
    change(0, -1),
  );

  expect([...metadata.topics][0]?.partitions.get(0)?.leaderEpoch).toBe(6);
});

test("a topic that was removed takes what was set on it along", () => {
  const removed: MetadataRecord = { type: "removeTopic", body: { topicId: ID } };
  const again = topic("a", "d8ZEVA8YTYm0AfgJzK2KiA");

  const metadata = replayed(topic("a"), config("a", "retention.ms", "1"), removed, again);

  expect(names(metadata)).toEqual(["a"]);
  expect(metadata.configs("topics").get("a")).toBeUndefined();
});

test("a setting that was taken away is none", () => {
  const metadata = replayed(
    config("a", "retention.ms", "1"),
    config("a", "segment.ms", "2"),
    config("a", "retention.ms", null),
  );

  expect(metadata.configs("topics").get("a")).toEqual(new Map([["segment.ms", "2"]]));
});

test("records between the beginning and the end of a transaction count together or not at all", () => {
  const ended = replayed({ type: "begin" }, topic("a"), { type: "end" });
  const aborted = replayed({ type: "begin" }, topic("a"), { type: "abort" }, topic("b"));
  const cut = replayed(topic("b"), { type: "begin" }, topic("a"));

  expect([ended, aborted, cut].map(names)).toEqual([["a"], ["b"], ["b"]]);
});

test("quotas are of all entities together, and go when their last value goes", () => {
  const quota = (key: string, value: number, remove = false): MetadataRecord => ({
    type: "quota",
    body: {
      entity: [
        { entityType: "user", entityName: null },
        { entityType: "client-id", entityName: "c" },
      ],
      key,
      value,
      remove,
    },
  });

  const kept = replayed(quota("producer_byte_rate", 10), quota("request_percentage", 5));
  const gone = replayed(quota("producer_byte_rate", 10), quota("producer_byte_rate", 0, true));

  expect([...kept.quotas]).toEqual([
    {
      entity: new Map([
        ["user", null],
        ["client-id", "c"],
      ]),
      values: new Map([
        ["producer_byte_rate", 10],
        ["request_percentage", 5],
      ]),
    },
  ]);
  expect([...gone.quotas]).toEqual([]);
});

test("what nothing here obeys is counted, and what nobody needs is passed over", () => {
  const acl = decodeMetadataRecord(Buffer.from([1, 18, 0, 0]));
  const noOp = decodeMetadataRecord(Buffer.from([1, 20, 0, 0]));

  expect(replayed(acl, acl, noOp).lost).toEqual(new Map([["ACL", 2]]));
});

test("a record in a version that is not known is not guessed at", () => {
  expect(() => decodeMetadataRecord(Buffer.from([1, 3, 9, 0]))).toThrow(UnknownForm);
  expect(() => decodeMetadataRecord(Buffer.from([2, 3, 0, 0]))).toThrow(UnknownForm);
});
