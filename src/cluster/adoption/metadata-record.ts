import type { MessageCodec } from "../../protocol/codec.ts";
import {
  type ClientQuotaRecord,
  clientQuotaRecord,
} from "../../protocol/generated/records/client-quota-record.ts";
import { type ConfigRecord, configRecord } from "../../protocol/generated/records/config-record.ts";
import {
  type FeatureLevelRecord,
  featureLevelRecord,
} from "../../protocol/generated/records/feature-level-record.ts";
import {
  type PartitionChangeRecord,
  partitionChangeRecord,
} from "../../protocol/generated/records/partition-change-record.ts";
import {
  type PartitionRecord,
  partitionRecord,
} from "../../protocol/generated/records/partition-record.ts";
import {
  type ProducerIdsRecord,
  producerIdsRecord,
} from "../../protocol/generated/records/producer-ids-record.ts";
import {
  type RemoveTopicRecord,
  removeTopicRecord,
} from "../../protocol/generated/records/remove-topic-record.ts";
import { type TopicRecord, topicRecord } from "../../protocol/generated/records/topic-record.ts";
import { Reader } from "../../protocol/reader.ts";

/** A record of `__cluster_metadata`, as far as it matters to whoever takes the directory over. */
export type MetadataRecord =
  | { readonly type: "topic"; readonly body: TopicRecord }
  | { readonly type: "partition"; readonly body: PartitionRecord }
  | { readonly type: "partitionChange"; readonly body: PartitionChangeRecord }
  | { readonly type: "removeTopic"; readonly body: RemoveTopicRecord }
  | { readonly type: "config"; readonly body: ConfigRecord }
  | { readonly type: "feature"; readonly body: FeatureLevelRecord }
  | { readonly type: "quota"; readonly body: ClientQuotaRecord }
  | { readonly type: "producerIds"; readonly body: ProducerIdsRecord }
  | { readonly type: "begin" | "end" | "abort" }
  /** What this broker has no use for yet, by Kafka's name. */
  | { readonly type: "lost"; readonly name: "ACL" | "SCRAM user" | "delegation token" }
  | { readonly type: "other" };

const FRAME_VERSION = 1;

/** By Kafka's apiKey (MetadataRecordType). */
const bodies: Readonly<Record<number, { readonly type: string; readonly codec: Codec }>> = {
  2: { type: "topic", codec: topicRecord },
  3: { type: "partition", codec: partitionRecord },
  4: { type: "config", codec: configRecord },
  5: { type: "partitionChange", codec: partitionChangeRecord },
  9: { type: "removeTopic", codec: removeTopicRecord },
  12: { type: "feature", codec: featureLevelRecord },
  14: { type: "quota", codec: clientQuotaRecord },
  15: { type: "producerIds", codec: producerIdsRecord },
};

const bodiless: ReadonlyMap<number, MetadataRecord> = new Map<number, MetadataRecord>([
  [10, { type: "lost", name: "delegation token" }],
  [11, { type: "lost", name: "SCRAM user" }],
  [18, { type: "lost", name: "ACL" }],
  [23, { type: "begin" }],
  [24, { type: "end" }],
  [25, { type: "abort" }],
]);

type Codec = Pick<MessageCodec<unknown, never>, "name" | "minVersion" | "maxVersion" | "decode">;

/** A record in a form that this broker does not know: a later Kafka wrote it. */
export class UnknownForm extends Error {
  override readonly name = "UnknownForm";
}

/**
 * A record's value: frame version, apiKey and version as unsigned varints, then the body
 * (MetadataRecordSerde).
 *
 * @throws UnknownForm, RangeError where bytes are missing
 */
export function decodeMetadataRecord(value: Buffer): MetadataRecord {
  const reader = new Reader(value);
  const frameVersion = reader.uvarint();
  if (frameVersion !== FRAME_VERSION) throw new UnknownForm(`a frame of version ${frameVersion}`);
  const apiKey = reader.uvarint();
  const version = reader.uvarint();
  const known = bodies[apiKey];
  if (known === undefined) return bodiless.get(apiKey) ?? { type: "other" };
  const { type, codec } = known;
  if (version < codec.minVersion || version > codec.maxVersion) {
    throw new UnknownForm(`${codec.name} in version ${version}`);
  }
  return { type, body: codec.decode(reader, version) } as MetadataRecord;
}
