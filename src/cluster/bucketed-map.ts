const BUCKETS = 1024;

const emptyBucket: ReadonlyMap<string, never> = new Map<string, never>();

/**
 * An immutable map from strings, of which the next version is cheap to make: entries lie in 1,024
 * buckets, and a new version copies the buckets that change and the list of buckets. Making 10,000
 * topics one by one copies a dozen entries per topic, not ten thousand.
 */
export class BucketedMap<Value> {
  readonly size: number;
  readonly #buckets: readonly ReadonlyMap<string, Value>[];

  private constructor(buckets: readonly ReadonlyMap<string, Value>[], size: number) {
    this.#buckets = buckets;
    this.size = size;
  }

  static empty<Value>(): BucketedMap<Value> {
    return new BucketedMap<Value>(new Array(BUCKETS).fill(emptyBucket), 0);
  }

  get(key: string): Value | undefined {
    return this.#buckets[bucketOf(key)]?.get(key);
  }

  /** The map with these entries put, or removed where the value is undefined. */
  with(changes: Iterable<readonly [string, Value | undefined]>): BucketedMap<Value> {
    const buckets = this.#buckets.slice();
    const fresh = new Map<number, Map<string, Value>>();
    let size = this.size;
    for (const [key, value] of changes) {
      const at = bucketOf(key);
      let bucket = fresh.get(at);
      if (bucket === undefined) {
        bucket = new Map(buckets[at]);
        fresh.set(at, bucket);
        buckets[at] = bucket;
      }
      size -= bucket.size;
      if (value === undefined) bucket.delete(key);
      else bucket.set(key, value);
      size += bucket.size;
    }
    return new BucketedMap(buckets, size);
  }

  *values(): Generator<Value> {
    for (const bucket of this.#buckets) yield* bucket.values();
  }
}

/** FNV-1a over the UTF-16 units: names that differ in their last digit land in different buckets. */
function bucketOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < key.length; at += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
  }
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}
