import type { FetchedRecord } from "../../../client/fetched-records.ts";
import { groupMetadata } from "../../../protocol/generated/records/group-metadata.ts";
import { legacyOffsetCommit } from "../../../protocol/generated/records/legacy-offset-commit.ts";
import { offsetCommit } from "../../../protocol/generated/records/offset-commit.ts";
import { Reader } from "../../../protocol/reader.ts";
import { ZERO_UUID } from "../../../protocol/uuid.ts";
import type { Format } from "./formatter.ts";

/** Since when a value has a field, and until when. */
interface Span {
  readonly from?: number;
  readonly to?: number;
}

const offsetFields: Readonly<Record<string, Span>> = {
  leaderEpoch: { from: 3 },
  expireTimestamp: { from: 1, to: 1 },
  topicId: { from: 4 },
};
const groupFields: Readonly<Record<string, Span>> = { currentStateTimestamp: { from: 2 } };
const memberFields: Readonly<Record<string, Span>> = {
  groupInstanceId: { from: 3 },
  rebalanceTimeout: { from: 1 },
};

/** Kafka's OffsetsMessageFormatter: the offsets in `__consumer_offsets`, one JSON object per line. */
export const offsetsFormat: Format = ({ key, value }) => {
  if (key === null) return [];
  const reader = new Reader(key);
  const type = reader.int16();
  if (type !== offsetCommit.type && type !== legacyOffsetCommit.type) return [];
  const data = offsetCommit.key.decode(reader, 0);
  return lineOf({ type, data }, value, (body, version) => {
    const { topicId, ...fields } = offsetCommit.value.decode(body, version);
    const all = topicId === ZERO_UUID ? fields : { ...fields, topicId };
    return fieldsIn(all, version, offsetFields);
  });
};

/** Kafka's GroupMetadataMessageFormatter: the classic groups in `__consumer_offsets`. */
export const groupFormat: Format = ({ key, value }) => {
  if (key === null) return [];
  const reader = new Reader(key);
  const type = reader.int16();
  if (type !== groupMetadata.type) return [];
  const data = groupMetadata.key.decode(reader, 0);
  return lineOf({ type, data }, value, (body, version) => {
    const { members, ...group } = groupMetadata.value.decode(body, version);
    const described = members.map(({ subscription, assignment, ...member }) => ({
      ...fieldsIn(member, version, memberFields),
      subscription: subscription.toString("base64"),
      assignment: assignment.toString("base64"),
    }));
    return { ...fieldsIn(group, version, groupFields), members: described };
  });
};

function lineOf(
  key: { readonly type: number; readonly data: object },
  value: FetchedRecord["value"],
  decode: (body: Reader, version: number) => object,
): readonly string[] {
  if (value === null) return [`${JSON.stringify({ key, value: null })}\n`];
  const reader = new Reader(value);
  const version = reader.int16();
  const data = decode(reader, version);
  return [`${JSON.stringify({ key, value: { version, data } })}\n`];
}

/** The fields that this version of a value has: what is decoded has all of them. */
function fieldsIn(
  fields: object,
  version: number,
  spans: Readonly<Record<string, Span>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => {
      const { from = 0, to = Number.POSITIVE_INFINITY } = spans[name] ?? {};
      return version >= from && version <= to;
    }),
  );
}
