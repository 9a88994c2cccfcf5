/** The id that stands for none. */
export const ZERO_UUID = "AAAAAAAAAAAAAAAAAAAAAA";

const UUID_BYTES = 16;

/** Kafka's text form of an id: 22 characters of base64url. */
export function uuidFromBytes(bytes: Buffer, at: number): string {
  return bytes.toString("base64url", at, at + UUID_BYTES);
}

export function uuidToBytes(uuid: string): Buffer {
  const bytes = Buffer.from(uuid, "base64url");
  if (bytes.length !== UUID_BYTES) throw new RangeError(`"${uuid}" is no id`);
  return bytes;
}

/**
 * A new id, never the zero one and never one that begins with "-", which command-line tools would
 * take for an option (Kafka's Uuid.randomUuid).
 */
export function randomUuid(randomBytes: (size: number) => Buffer): string {
  for (;;) {
    const bytes = randomBytes(UUID_BYTES);
    // Version 4, variant 2 of RFC 4122.
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    const uuid = uuidFromBytes(bytes, 0);
    if (!uuid.startsWith("-")) return uuid;
  }
}

/** Random bytes of which many are asked for at a time: asking costs more than having them. */
export function pooled(
  randomBytes: (size: number) => Buffer,
  poolBytes = 1024,
): (size: number) => Buffer {
  let pool: Buffer = Buffer.alloc(0);
  return (size) => {
    if (pool.length < size) pool = randomBytes(Math.max(size, poolBytes));
    const taken = pool.subarray(0, size);
    pool = pool.subarray(size);
    return taken;
  };
}
