import { uuidToBytes } from "../../../protocol/uuid.ts";
import type { TopicLookup } from "../../internal-topic.ts";
import { xxh3 } from "./xxh3.ts";

/** What consumer groups ask about the topics of users. */
export interface TopicCatalog extends TopicLookup {
  /** Grows with every change of the cluster's metadata. */
  revision(): number;
  /** All topics, internal ones too. */
  topicNames(): readonly string[];
  /** For each partition the racks of its replicas; brokers without a rack do not count. */
  partitionRacks(topic: string): readonly (readonly string[])[];
}

/** Says which layout of the hashed bytes this is. */
const MAGIC = 0;

/**
 * Hashes of topics and of sets of them, as Kafka computes and persists them (KIP-1101): id, name,
 * partitions and racks. A topic's hash is kept until the topic changes.
 */
export class TopicHashes {
  readonly #topics: TopicCatalog;
  readonly #known = new Map<string, bigint>();

  constructor(topics: TopicCatalog) {
    this.#topics = topics;
  }

  forget(topic: string): void {
    this.#known.delete(topic);
  }

  /** Of all topics that exist; 0 if none does. */
  ofAll(topics: Iterable<string>): bigint {
    const hashes: bigint[] = [];
    for (const name of [...topics].sort()) {
      const hash = this.#of(name);
      if (hash !== undefined) hashes.push(hash);
    }
    if (hashes.length === 0) return 0n;
    const bytes = Buffer.allocUnsafe(8 * hashes.length);
    for (const [at, hash] of hashes.entries()) bytes.writeBigUInt64LE(hash, 8 * at);
    return BigInt.asIntN(64, xxh3(bytes));
  }

  #of(name: string): bigint | undefined {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const id = this.#topics.topicId(name);
    if (id === undefined) return undefined;
    const hash = xxh3(this.#bytesOf(name, id));
    this.#known.set(name, hash);
    return hash;
  }

  #bytesOf(name: string, id: string): Buffer {
    const idBytes = uuidToBytes(id);
    // Two numbers, each little-endian, where the id itself is big-endian.
    const halves = Buffer.allocUnsafe(16);
    halves.writeBigUInt64LE(idBytes.readBigUInt64BE(0), 0);
    halves.writeBigUInt64LE(idBytes.readBigUInt64BE(8), 8);
    const racks = this.#topics.partitionRacks(name);
    const parts = [Buffer.from([MAGIC]), halves, text(name), int32(racks.length)];
    for (const [index, partitionRacks] of racks.entries()) {
      parts.push(int32(index));
      for (const rack of [...partitionRacks].sort()) parts.push(int32(rack.length), text(rack));
    }
    return Buffer.concat(parts);
  }
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** UTF-16, and its length after it. */
function text(value: string): Buffer {
  return Buffer.concat([Buffer.from(value, "utf16le"), int32(value.length)]);
}
