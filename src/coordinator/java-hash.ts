import { uuidToBytes } from "../protocol/uuid.ts";

/** Java's String.hashCode: Kafka places groups on partitions by it, so tools agree where a group is. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** The partition of an internal topic that owns `key`, as every Kafka broker computes it. */
export function internalPartitionFor(key: string, partitionCount: number): number {
  const hash = javaHashCode(key);
  // Math.abs(-2^31) does not fit an int32; Kafka takes 0 there.
  return (hash === -2147483648 ? 0 : Math.abs(hash)) % partitionCount;
}

/** Keys in the order in which Java's HashMap walks them (equal buckets keep their order of arrival). */
export function inHashMapOrder(keys: readonly string[]): string[] {
  return inBucketOrder(keys, javaHashCode, hashMapCapacity(keys.length));
}

/** The same for ids of topics. */
export function uuidsInHashMapOrder(uuids: readonly string[]): string[] {
  return inBucketOrder(uuids, uuidHashCode, hashMapCapacity(uuids.length));
}

/** Items in the order of a Java HashSet that was made as a copy of a collection of them. */
export function copiedHashOrder<T>(items: readonly T[], hashCode: (item: T) => number): T[] {
  let capacity = 16;
  while (capacity < Math.floor(items.length / 0.75) + 1) capacity *= 2;
  return inBucketOrder(items, hashCode, capacity);
}

function inBucketOrder<T>(
  items: readonly T[],
  hashCode: (item: T) => number,
  capacity: number,
): T[] {
  const placed = items.map((item) => {
    const hash = hashCode(item);
    return { item, bucket: (hash ^ (hash >>> 16)) & (capacity - 1) };
  });
  return placed.sort((a, b) => a.bucket - b.bucket).map(({ item }) => item);
}

/** A HashMap starts with 16 buckets and doubles when it is three quarters full. */
function hashMapCapacity(size: number): number {
  let capacity = 16;
  while (size > capacity * 0.75) capacity *= 2;
  return capacity;
}

/** The hash code of Kafka's Uuid. */
export function uuidHashCode(uuid: string): number {
  const bytes = uuidToBytes(uuid);
  return bytes.readInt32BE(0) ^ bytes.readInt32BE(4) ^ bytes.readInt32BE(8) ^ bytes.readInt32BE(12);
}

/** The order of Kafka's Uuids: as two signed 64-bit numbers. */
export function compareUuids(one: string, other: string): number {
  const a = uuidToBytes(one);
  const b = uuidToBytes(other);
  for (const at of [0, 8]) {
    const high = a.readInt32BE(at) - b.readInt32BE(at);
    const low = a.readUInt32BE(at + 4) - b.readUInt32BE(at + 4);
    if (high !== 0 || low !== 0) return high || low;
  }
  return 0;
}
