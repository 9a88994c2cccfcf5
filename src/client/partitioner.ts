const SEED = 0x9747b28c;
const M = 0x5bd1e995;

/** The 32-bit murmur2 of Kafka's clients (Utils.murmur2), with their seed. */
export function murmur2(bytes: Buffer): number {
  let hash = SEED ^ bytes.length;
  const whole = bytes.length & ~3;
  for (let at = 0; at < whole; at += 4)
    hash = Math.imul(hash, M) ^ scrambled(bytes.readInt32LE(at));
  if (whole < bytes.length) {
    hash = Math.imul(hash ^ bytes.readUIntLE(whole, bytes.length - whole), M);
  }
  hash = Math.imul(hash ^ (hash >>> 13), M);
  return hash ^ (hash >>> 15);
}

/** The partition that Java's producer gives a record with this key, of `count`. */
export function partitionOfKey(key: Buffer, count: number): number {
  return (murmur2(key) & 0x7fffffff) % count;
}

function scrambled(word: number): number {
  const mixed = Math.imul(word, M);
  return Math.imul(mixed ^ (mixed >>> 24), M);
}
