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
  const mask = hashMapCapacity(keys.length) - 1;
  const bucketOf = (key: string) => {
    const hash = javaHashCode(key);
    return (hash ^ (hash >>> 16)) & mask;
  };
  return [...keys].sort((a, b) => bucketOf(a) - bucketOf(b));
}

/** A HashMap starts with 16 buckets and doubles when it is three quarters full. */
function hashMapCapacity(size: number): number {
  let capacity = 16;
  while (size > capacity * 0.75) capacity *= 2;
  return capacity;
}
