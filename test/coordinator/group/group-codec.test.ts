import { describe, expect, test } from "vitest";
import { groupCodec } from "../../../src/coordinator/group/group-codec.ts";
import type { GroupRecord } from "../../../src/coordinator/group/group-record.ts";

const hex = (text: string) => Buffer.from(text, "hex");

/** Records of `__consumer_offsets` as Apache Kafka 4.4.0 wrote them. */
const recorded = {
  newGroup: {
    key: "0002000d636c61737369632d67726f7570",
    value: "0003000000000000ffffffff000001a205b2d98700000000",
  },
  group: {
    key: "0002000d636c61737369632d67726f7570",
    value:
      "00030008636f6e73756d657200000001000572616e67650033636c61737369632d636c69656e742d6631623032366461" +
      "2d613139372d343939322d613430632d363661396539393833613466000001a205b2d9cd000000010033636c61737369" +
      "632d636c69656e742d66316230323664612d613139372d343939322d613430632d363661396539393833613466ffff00" +
      "0e636c61737369632d636c69656e74000a2f3132372e302e302e31000493e00000afc80000001c00030000000100066f" +
      "7264657273ffffffff00000000ffffffffffff0000001a00030000000100066f72646572730000000100000000ffffff" +
      "ff",
  },
  offset: {
    key: "0001000d636c61737369632d67726f757000066f726465727300000000",
    value: "000400000000000000d90000000001000001a205b2dd160100108f84d3a5c71640c1a8c5d49455440289",
  },
};

function decode({ key, value }: { key: string; value: string }): GroupRecord | undefined {
  return groupCodec.decode(hex(key), hex(value));
}

describe("records of __consumer_offsets", () => {
  test("are read as Kafka wrote them", () => {
    expect(decode(recorded.offset)).toEqual({
      type: "offset",
      groupId: "classic-group",
      topic: "orders",
      partition: 0,
      value: {
        offset: 217,
        leaderEpoch: 0,
        metadata: "",
        commitTimestampMs: 1795391937814,
        expireTimestampMs: -1,
        topicId: "j4TTpccWQMGoxdSUVUQCiQ",
      },
    });
    expect(decode(recorded.newGroup)).toMatchObject({
      groupId: "classic-group",
      value: { protocolType: "", generation: 0, protocolName: null, leader: null, members: [] },
    });
    expect(decode(recorded.group)).toMatchObject({
      value: {
        protocolType: "consumer",
        generation: 1,
        protocolName: "range",
        members: [
          { clientHost: "/127.0.0.1", sessionTimeoutMs: 45_000, rebalanceTimeoutMs: 300_000 },
        ],
      },
    });
  });

  test("are written as Kafka writes them, to the byte", () => {
    for (const { key, value } of Object.values(recorded)) {
      const record = groupCodec.decode(hex(key), hex(value));
      const written = record === undefined ? undefined : groupCodec.encode(record);

      expect(written?.key.toString("hex")).toBe(key);
      expect(written?.value?.toString("hex")).toBe(value);
    }
  });

  test("a null value is a tombstone, both ways", () => {
    const tombstone = groupCodec.decode(hex(recorded.offset.key), null);

    expect(tombstone).toMatchObject({ type: "offset", value: null });
    expect(tombstone && groupCodec.encode(tombstone)).toEqual({
      key: hex(recorded.offset.key),
      value: null,
    });
  });

  test("an expiry of the offset's own takes version 1, the only one that has it", () => {
    const record = decode(recorded.offset);
    if (record?.type !== "offset" || record.value === null) throw new Error("no offset");
    const expiring = { ...record, value: { ...record.value, expireTimestampMs: 5 } };

    const written = groupCodec.encode(expiring);

    expect(written.value?.readInt16BE(0)).toBe(1);
    const read = groupCodec.decode(written.key, written.value);
    expect(read).toMatchObject({ value: { offset: 217, expireTimestampMs: 5 } });
  });

  test("records of group types that are not built are left alone", () => {
    expect(groupCodec.decode(hex("000b000167"), hex("0000"))).toBeUndefined();
  });
});
