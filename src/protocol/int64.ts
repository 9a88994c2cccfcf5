const TWO_32 = 2 ** 32;

/** Writes a safe integer as int64 without a BigInt. */
export function writeInt64(bytes: Buffer, value: number, at: number): void {
  bytes.writeInt32BE(Math.floor(value / TWO_32), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

/** Reads an int64. Beyond ±(2^53−1) the result is not a safe integer: check where that may be. */
export function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_32 + bytes.readUInt32BE(at + 4);
}
