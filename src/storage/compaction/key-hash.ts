/** 128 bits of a key, in four words. */
export type KeyHash = Int32Array;

/** Words of nothing behind the key: they bring the rounds that mix the last bits. */
const FINAL_WORDS = 2;

/**
 * The hash of a key, keyed with 128 secret bits: the rounds of SipHash on 32-bit words, two for each
 * word of the key and four at the end, of which the whole state is the result. Two keys with the same
 * hash would be taken for one, and a record be lost: by chance never, and on purpose only by whoever
 * knows the secret. Kafka takes MD5, which costs ten times as much here.
 *
 * @param into where the hash goes.
 */
export function hashKey(
  secret: KeyHash,
  bytes: Uint8Array,
  key: { readonly start: number; readonly end: number },
  into: KeyHash,
): void {
  let v0 = secret[0] as number;
  let v1 = secret[1] as number;
  let v2 = secret[2] as number;
  let v3 = secret[3] as number;
  const fullWords = (key.end - key.start) >> 2;
  for (let i = 0; i <= fullWords + FINAL_WORDS; i++) {
    const at = key.start + 4 * i;
    const word = i < fullWords ? wordAt(bytes, at) : lastWord(bytes, at, key);
    if (i > fullWords) v2 ^= i;
    v3 ^= word;
    for (let round = 0; round < 2; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  into[0] = v0;
  into[1] = v1;
  into[2] = v2;
  into[3] = v3;
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** Up to three bytes, and the lowest byte of the length; nothing behind that. */
function lastWord(
  bytes: Uint8Array,
  at: number,
  { start, end }: { readonly start: number; readonly end: number },
): number {
  if (at > end) return 0;
  let word = (end - start) << 24;
  for (let i = at; i < end; i++) word |= (bytes[i] as number) << (8 * (i - at));
  return word;
}
