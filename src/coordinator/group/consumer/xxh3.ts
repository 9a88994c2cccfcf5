/** The default secret of XXH3. */
const SECRET = Buffer.from(
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221" +
    "b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb" +
    "170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e",
  "hex",
);

const PRIME32_1 = 0x9e3779b1n;
const PRIME32_2 = 0x85ebca77n;
const PRIME32_3 = 0xc2b2ae3dn;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
const PRIME_MX2 = 0x9fb21c651e98df25n;

const STRIPE_BYTES = 64;
const SECRET_STEP = 8;
/** Secret bytes that are left over by the last stripe. */
const LAST_STRIPE_SECRET = SECRET.length - STRIPE_BYTES - 7;
const STRIPES_PER_BLOCK = (SECRET.length - STRIPE_BYTES) / SECRET_STEP;
const BLOCK_BYTES = STRIPES_PER_BLOCK * STRIPE_BYTES;

/**
 * XXH3, 64 bits, seed 0: the hash by which Kafka notices that topics of a group have changed. Its
 * value is persisted, so it has to be this one. Not made for speed: a topic is hashed when it changes.
 */
export function xxh3(input: Buffer): bigint {
  const { length } = input;
  if (length === 0) return avalanche64(secret(56) ^ secret(64));
  if (length <= 3) return upTo3(input);
  if (length <= 8) return upTo8(input);
  if (length <= 16) return upTo16(input);
  if (length <= 128) return upTo128(input);
  if (length <= 240) return upTo240(input);
  return long(input);
}

function u64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function secret(at: number): bigint {
  return SECRET.readBigUInt64LE(at);
}

function fold(one: bigint, other: bigint): bigint {
  const product = one * other;
  return u64(product) ^ (product >> 64n);
}

function rotate(value: bigint, bits: bigint): bigint {
  return u64(value << bits) | (value >> (64n - bits));
}

function swapBytes(value: bigint): bigint {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(value);
  return bytes.readBigUInt64BE();
}

function avalanche64(value: bigint): bigint {
  let hash = value;
  hash = u64((hash ^ (hash >> 33n)) * PRIME64_2);
  hash = u64((hash ^ (hash >> 29n)) * PRIME64_3);
  return hash ^ (hash >> 32n);
}

function avalanche(value: bigint): bigint {
  const hash = u64((value ^ (value >> 37n)) * PRIME_MX1);
  return hash ^ (hash >> 32n);
}

function upTo3(input: Buffer): bigint {
  const first = BigInt(input.readUInt8(0));
  const middle = BigInt(input.readUInt8(input.length >> 1));
  const last = BigInt(input.readUInt8(input.length - 1));
  const combined = (first << 16n) | (middle << 24n) | last | (BigInt(input.length) << 8n);
  return avalanche64(
    combined ^ (BigInt(SECRET.readUInt32LE(0) ^ SECRET.readUInt32LE(4)) & 0xffffffffn),
  );
}

function upTo8(input: Buffer): bigint {
  const { length } = input;
  const first = BigInt(input.readUInt32LE(0));
  const last = BigInt(input.readUInt32LE(length - 4));
  const mixed = (last + (first << 32n)) ^ secret(8) ^ secret(16);
  let hash = mixed ^ rotate(mixed, 49n) ^ rotate(mixed, 24n);
  hash = u64(hash * PRIME_MX2);
  hash ^= (hash >> 35n) + BigInt(length);
  hash = u64(u64(hash) * PRIME_MX2);
  return hash ^ (hash >> 28n);
}

function upTo16(input: Buffer): bigint {
  const { length } = input;
  const low = input.readBigUInt64LE(0) ^ secret(24) ^ secret(32);
  const high = input.readBigUInt64LE(length - 8) ^ secret(40) ^ secret(48);
  return avalanche(u64(BigInt(length) + swapBytes(low) + high + fold(low, high)));
}

function mix16(input: Buffer, at: number, secretAt: number): bigint {
  return fold(
    input.readBigUInt64LE(at) ^ secret(secretAt),
    input.readBigUInt64LE(at + 8) ^ secret(secretAt + 8),
  );
}

function upTo128(input: Buffer): bigint {
  const { length } = input;
  let hash = u64(BigInt(length) * PRIME64_1);
  for (let i = (length - 1) >> 5; i >= 0; i--) {
    hash += mix16(input, 16 * i, 32 * i);
    hash += mix16(input, length - 16 * (i + 1), 32 * i + 16);
  }
  return avalanche(u64(hash));
}

function upTo240(input: Buffer): bigint {
  const { length } = input;
  let hash = u64(BigInt(length) * PRIME64_1);
  for (let i = 0; i < 8; i++) hash += mix16(input, 16 * i, 16 * i);
  hash = avalanche(u64(hash));
  for (let i = 8; i < length >> 4; i++) hash += mix16(input, 16 * i, 16 * (i - 8) + 3);
  hash += mix16(input, length - 16, 136 - 17);
  return avalanche(u64(hash));
}

/** Eight sums over stripes of 64 bytes, scrambled after each block. */
function long(input: Buffer): bigint {
  const { length } = input;
  const sums = [
    PRIME32_3,
    PRIME64_1,
    PRIME64_2,
    PRIME64_3,
    PRIME64_4,
    PRIME32_2,
    PRIME64_5,
    PRIME32_1,
  ];
  const blocks = Math.floor((length - 1) / BLOCK_BYTES);
  for (let block = 0; block < blocks; block++) {
    for (let stripe = 0; stripe < STRIPES_PER_BLOCK; stripe++) {
      addStripe(sums, input, block * BLOCK_BYTES + stripe * STRIPE_BYTES, stripe * SECRET_STEP);
    }
    scramble(sums);
  }
  const start = blocks * BLOCK_BYTES;
  const stripes = Math.floor((length - 1 - start) / STRIPE_BYTES);
  for (let stripe = 0; stripe < stripes; stripe++) {
    addStripe(sums, input, start + stripe * STRIPE_BYTES, stripe * SECRET_STEP);
  }
  addStripe(sums, input, length - STRIPE_BYTES, LAST_STRIPE_SECRET);
  let hash = u64(BigInt(length) * PRIME64_1);
  for (let i = 0; i < 4; i++) {
    hash += fold(
      (sums[2 * i] ?? 0n) ^ secret(11 + 16 * i),
      (sums[2 * i + 1] ?? 0n) ^ secret(11 + 16 * i + 8),
    );
  }
  return avalanche(u64(hash));
}

function addStripe(sums: bigint[], input: Buffer, at: number, secretAt: number): void {
  for (let lane = 0; lane < 8; lane++) {
    const value = input.readBigUInt64LE(at + 8 * lane);
    const key = value ^ secret(secretAt + 8 * lane);
    sums[lane ^ 1] = u64((sums[lane ^ 1] ?? 0n) + value);
    sums[lane] = u64((sums[lane] ?? 0n) + (key & 0xffffffffn) * (key >> 32n));
  }
}

function scramble(sums: bigint[]): void {
  for (let lane = 0; lane < 8; lane++) {
    const sum = sums[lane] ?? 0n;
    const key = secret(SECRET.length - STRIPE_BYTES + 8 * lane);
    sums[lane] = u64((sum ^ (sum >> 47n) ^ key) * PRIME32_1);
  }
}
