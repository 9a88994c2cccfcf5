const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The 32-bit murmur2 of a key as Kafka's Java client computes it (org.apache.kafka.common.utils.Utils). */
export function murmur2(key: Uint8Array): number {
  let hash = SEED ^ key.length;
  const whole = key.length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const word = byte(key, at) | (byte(key, at + 1) << 8) | (byte(key, at + 2) << 16);
    hash = Math.imul(hash, M) ^ scramble(word | (byte(key, at + 3) << 24));
  }
  if (whole < key.length) {
    for (let at = key.length - 1; at >= whole; at--) hash ^= byte(key, at) << (8 * (at - whole));
    hash = Math.imul(hash, M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

/** The partition that Java's default partitioner gives a record with this key. */
export function partitionOf(key: Uint8Array, partitions: number): number {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

function scramble(word: number): number {
  const mixed = Math.imul(word, M);
  return Math.imul(mixed ^ (mixed >>> 24), M);
}

function byte(key: Uint8Array, at: number): number {
  return key[at] ?? 0;
}
