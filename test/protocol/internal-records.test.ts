import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { MessageCodec, RecordCodec } from "../../src/protocol/codec.ts";
import { endTxnMarker } from "../../src/protocol/generated/records/end-txn-marker.ts";
import { producerSnapshot } from "../../src/protocol/generated/records/producer-snapshot.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { recordModule } from "../support/codecs.ts";
import { differenceFromRecorded } from "../support/recorded-message.ts";

interface Recorded {
  readonly topic: string;
  readonly offset: number;
  readonly keyType: number;
  readonly keyName: string;
  readonly keyHex: string;
  readonly key: object;
  readonly valueHex: string | null;
  readonly value: { readonly _version: number } | null;
}

const recorded = JSON.parse(
  readFileSync(new URL("internal-records.json", import.meta.url), "utf8"),
) as {
  readonly records: readonly Recorded[];
  readonly endTxnMarker: { readonly valueHex: string };
  readonly producerSnapshot: {
    readonly hex: string;
    readonly entries: readonly { readonly producerEpoch: number }[];
  };
};

async function codecOf(keyName: string): Promise<RecordCodec<unknown, unknown>> {
  const exported = Object.values(await recordModule(keyName.replace(/Key$/, "")));
  return exported.find((one) => typeof one === "object") as RecordCodec<unknown, unknown>;
}

/** Decodes what stands behind an int16, and encodes it again behind the same. */
function rewrite<Message>(codec: MessageCodec<Message>, hex: string, version: number) {
  const reader = new Reader(Buffer.from(hex, "hex"));
  const prefix = reader.int16();
  const message = codec.decode(reader, version);
  expect(reader.remaining).toBe(0);
  const writer = new Writer();
  writer.int16(prefix);
  codec.encode(writer, message, version);
  expect(writer.toBuffer().toString("hex")).toBe(hex);
  return { prefix, message };
}

const named = recorded.records.map(
  (one) => [`${one.topic} ${one.offset} ${one.keyName}`, one] as const,
);

test.each(named)("%s reads as Kafka reads it, and is written as Kafka wrote it", async (_, one) => {
  const codec = await codecOf(one.keyName);

  const key = rewrite(codec.key, one.keyHex, 0);

  expect(key.prefix).toBe(one.keyType);
  expect(codec.type).toBe(one.keyType);
  expect(differenceFromRecorded(one.key, key.message, "key")).toBeUndefined();
  if (one.value === null) return expect(one.valueHex).toBeNull();

  const { _version, ...fields } = one.value;
  const value = rewrite(codec.value, one.valueHex as string, _version);

  expect(value.prefix).toBe(_version);
  return expect(differenceFromRecorded(fields, value.message, "value")).toBeUndefined();
});

test("the records are of both internal topics", () => {
  const kinds = new Set(recorded.records.map(({ keyName }) => keyName));

  expect(kinds).toContain("OffsetCommitKey");
  expect(kinds).toContain("GroupMetadataKey");
  expect(kinds).toContain("ConsumerGroupMemberMetadataKey");
  expect(kinds).toContain("TransactionLogKey");
});

test("the marker that ends a transaction carries the coordinator's epoch", () => {
  const { message } = rewrite(endTxnMarker, recorded.endTxnMarker.valueHex, 0);

  expect(message).toEqual({ coordinatorEpoch: 0 });
});

test("a producer snapshot reads as Kafka reads it, and is written as Kafka wrote it", () => {
  const { hex, entries } = recorded.producerSnapshot;

  const { message } = rewrite(producerSnapshot, hex, 1);

  const renamed = entries.map(({ producerEpoch: epoch, ...rest }) => ({ epoch, ...rest }));
  expect(message.producerEntries).toEqual(renamed);
});
