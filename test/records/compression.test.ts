import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorCode, KafkaError } from "../../src/protocol/errors.ts";
import type { Codec } from "../../src/records/codec.ts";
import { CompressionType, compress, decompress } from "../../src/records/compression.ts";
import { javascriptLz4, lz4With, nativeLz4 } from "../../src/records/lz4.ts";
import { isReadableLz4, readLz4Frame } from "../../src/records/lz4-frame.ts";
import { recordBytes } from "../../src/records/records.ts";
import { javascriptSnappy, nativeSnappy, snappyWith } from "../../src/records/snappy.ts";
import { nodeZstd } from "../../src/records/zstd.ts";
import { wasmZstd } from "../../src/records/zstd-wasm.ts";
import { javaBatches } from "./support.ts";

const LIMIT = 128 * 1024 * 1024;
const MIB = 1024 * 1024;

const gzip: Codec = {
  compress: (bytes, level) => compress(CompressionType.GZIP, bytes, level),
  decompress: (bytes, limit) => decompress(CompressionType.GZIP, bytes, limit),
};
const lz4Native = nativeLz4();
const snappyNative = nativeSnappy();
const zstdNode = nodeZstd();

/** Every engine of every codec that this machine has. */
const engines: ReadonlyMap<string, { readonly codec: CompressionType; readonly engine: Codec }> =
  new Map([
    ["gzip", { codec: CompressionType.GZIP, engine: gzip }],
    ...(snappyNative === undefined
      ? []
      : ([
          ["snappy, native", { codec: CompressionType.SNAPPY, engine: snappyWith(snappyNative) }],
        ] as const)),
    [
      "snappy, JavaScript",
      { codec: CompressionType.SNAPPY, engine: snappyWith(javascriptSnappy()) },
    ],
    ...(lz4Native === undefined
      ? []
      : ([["lz4, native", { codec: CompressionType.LZ4, engine: lz4With(lz4Native) }]] as const)),
    ["lz4, JavaScript", { codec: CompressionType.LZ4, engine: lz4With(javascriptLz4()) }],
    ...(zstdNode === undefined
      ? []
      : ([["zstd, Node's", { codec: CompressionType.ZSTD, engine: zstdNode }]] as const)),
    ["zstd, WebAssembly", { codec: CompressionType.ZSTD, engine: wasmZstd() }],
  ]);
const all = [...engines].map(([name, { codec, engine }]) => ({ name, codec, engine }));

function engineNamed(name: string): Codec {
  return (engines.get(name) as { engine: Codec }).engine;
}

/** Text that compresses, random bytes that do not, sizes on either side of every block's. */
const samples: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from("a"),
  Buffer.from("abcdefghijklmnop"),
  Buffer.alloc(32 * 1024 + 1, "odradek "),
  Buffer.alloc(64 * 1024, "x"),
  Buffer.alloc(300_000, "a spool of thread, star-shaped; "),
  pseudoRandom(200_000),
  Buffer.concat([pseudoRandom(70_000), pseudoRandom(70_000)]),
];

function pseudoRandom(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 1;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

const pairs = all.flatMap((one) =>
  all.filter(({ codec }) => codec === one.codec).map((other) => [one, other] as const),
);

test.each(pairs.map(([one, other]) => [one.name, other.name, one.engine, other.engine] as const))(
  "what %s makes smaller, %s reads",
  (_one, _other, writer, reader) => {
    for (const sample of samples) {
      const compressed = writer.compress(sample, undefined);
      expect(reader.decompress(compressed, LIMIT).equals(sample)).toBe(true);
    }
  },
);

describe.each(all)("$name", ({ codec, engine }) => {
  const ofJava = [...javaBatches].filter(([name]) =>
    name.startsWith(["", "gzip", "snappy", "lz4", "zstd"][codec] as string),
  );

  test.each(ofJava)("reads what Java wrote: %s", (name, batch) => {
    const expected = recordBytes(javaBatches.get("gzip-9") as Buffer, 0, LIMIT);

    expect(name).not.toBe("");
    expect(engine.decompress(batch.subarray(61), LIMIT).equals(expected)).toBe(true);
  });

  test("inflates up to the limit, and not beyond it", () => {
    const compressed = engine.compress(pseudoRandom(10_000), undefined);

    expect(engine.decompress(compressed, 10_000)).toHaveLength(10_000);
    expect(() => engine.decompress(compressed, 9_999)).toThrow();
  });

  test("refuses garbage, nothing, and whatever is cut", () => {
    const compressed = engine.compress(Buffer.alloc(500, "abc"), undefined);

    expect(() => engine.decompress(Buffer.alloc(40, 0x5a), LIMIT)).toThrow();
    expect(() => engine.decompress(Buffer.alloc(0), LIMIT)).toThrow();
    for (let length = 1; length < compressed.length; length++) {
      // Xerial's framing has no end: cut between two blocks it is whole.
      if (codec === CompressionType.SNAPPY && length === 16) continue;
      expect(() => engine.decompress(compressed.subarray(0, length), LIMIT)).toThrow();
    }
  });

  test("gives something or throws, whatever is changed, and keeps to the limit", () => {
    const compressed = engine.compress(samples[3] as Buffer, undefined);
    const change = fc.record({ at: fc.nat(compressed.length - 1), byte: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 5 }), (changes) => {
        const bytes = Buffer.from(compressed);
        for (const { at, byte } of changes) bytes[at] = byte;
        try {
          expect(engine.decompress(bytes, MIB).length).toBeLessThanOrEqual(MIB);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a bomb of 1 GiB is not inflated", () => {
  const GIB = 1024 * MIB;
  const bombs = bombsByCodec(GIB);

  test.each(
    all.flatMap(({ name, codec, engine }) =>
      (bombs.get(codec) ?? []).map((bomb) => ({ name, size: bomb.length, bomb, engine })),
    ),
  )("by $name, from $size bytes", ({ bomb, engine }) => {
    const before = process.memoryUsage().rss;

    expect(bomb.length).toBeLessThan(64 * MIB);
    expect(() => engine.decompress(bomb, LIMIT)).toThrow();

    expect(process.memoryUsage().rss - before).toBeLessThan(50 * MIB);
  });
});

/** Small inputs that say, or turn out, to be large. */
function bombsByCodec(size: number): Map<CompressionType, Buffer[]> {
  return new Map<CompressionType, Buffer[]>([
    [CompressionType.GZIP, [gzipBomb(size)]],
    [CompressionType.SNAPPY, [snappyBomb(size), xerial([snappyBomb(64 * MIB)])]],
    [CompressionType.LZ4, [lz4Bomb(size)]],
    [CompressionType.ZSTD, [zstdBomb(size, true), zstdBomb(size, false), zstdLie(size)]],
  ]);
}

/** Its end says how large it is; its middle is a megabyte of zeros, said once. */
function gzipBomb(size: number): Buffer {
  const bytes = gzipSync(Buffer.alloc(MIB));
  bytes.writeUInt32LE(size, bytes.length - 4);
  return bytes;
}

/** Claims a size and has hardly anything. */
function snappyBomb(size: number): Buffer {
  const bytes = Buffer.alloc(1000);
  let at = 0;
  for (let left = size; left > 0; left = Math.floor(left / 128)) {
    bytes[at++] = (left % 128) | (left >= 128 ? 0x80 : 0);
  }
  return bytes;
}

function xerial(blocks: readonly Buffer[]): Buffer {
  const header = Buffer.from("82534e41505059000000000100000001", "hex");
  return Buffer.concat([
    header,
    ...blocks.flatMap((block) => {
      const size = Buffer.alloc(4);
      size.writeInt32BE(block.length);
      return [size, block];
    }),
  ]);
}

/** Blocks of 4 MiB of the same byte. */
function lz4Bomb(size: number): Buffer {
  const blockBytes = 4 * MIB;
  const length = Buffer.alloc(Math.floor((blockBytes - 40) / 255), 0xff);
  const block = Buffer.concat([
    Buffer.from([0x1f, 0x61, 1, 0]),
    length,
    Buffer.from([0, 0x50]),
    Buffer.from("aaaaa"),
  ]);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(block.length);
  const blocks = Array.from({ length: size / blockBytes }, () => [head, block]).flat();
  const descriptor = Buffer.from("04224d18607073", "hex");
  return Buffer.concat([descriptor, ...blocks, Buffer.alloc(4)]);
}

/** Blocks of 128 KiB that repeat one byte, four bytes each. */
function zstdBomb(size: number, namesSize: boolean): Buffer {
  const header = namesSize
    ? Buffer.from("28b52ffd80580000000000", "hex").subarray(0, 10)
    : Buffer.from("28b52ffd0058", "hex");
  if (namesSize) header.writeUInt32LE(size, 6);
  const count = size / (128 * 1024);
  const blocks = Buffer.alloc(4 * count);
  for (let i = 0; i < count; i++) {
    const isLast = i === count - 1 ? 1 : 0;
    blocks.writeUIntLE((128 * 1024 * 8) | 2 | isLast, 4 * i, 3);
  }
  return Buffer.concat([header, blocks]);
}

/** Names a size that its one block cannot have. */
function zstdLie(size: number): Buffer {
  const header = Buffer.from("28b52ffd805800000000", "hex");
  header.writeUInt32LE(size, 6);
  return Buffer.concat([header, Buffer.from([9, 0, 0, 0x61])]);
}

describe("LZ4 frames", () => {
  test.each(all.filter(({ codec }) => codec === CompressionType.LZ4))(
    "of $name have independent blocks and a right checksum, as Java wants them",
    ({ engine }) => {
      for (const sample of samples) {
        const frame = engine.compress(sample, undefined);
        expect(isReadableLz4(frame)).toBe(true);
        expect(readLz4Frame(frame).contentBytesMax).toBeGreaterThanOrEqual(sample.length);
      }
    },
  );

  const frame = lz4With(javascriptLz4()).compress(Buffer.alloc(100, "ab"), undefined);

  test.each<[string, number, number]>([
    ["another magic", 0, 0x05],
    ["linked blocks", 4, 0x40],
    ["version 2", 4, 0xa0],
    ["a dictionary", 4, 0x61],
    ["a reserved bit", 4, 0x62],
    ["blocks of no size there is", 5, 0x30],
    ["a wrong checksum of its descriptor", 6, 0x00],
  ])("with %s are not readable", (_what, at, byte) => {
    const changed = Buffer.from(frame);
    changed[at] = byte;

    expect(isReadableLz4(frame)).toBe(true);
    expect(isReadableLz4(changed)).toBe(false);
    expect(() => readLz4Frame(changed)).toThrow(RangeError);
  });

  test("may name the size of what they hold, and carry checksums of their blocks", () => {
    const named = Buffer.from("04224d18680000000000000000", "hex");
    named[5] = 0x40;
    named.writeUInt32LE(3, 6);
    const checked = Buffer.from("04224d18704044", "hex");

    expect(
      [...Array(256).keys()].filter((checksum) => isReadableWith(named, checksum)),
    ).toHaveLength(1);
    expect(
      [...Array(256).keys()].filter((byte) => isReadableWith(checked.subarray(0, 6), byte)),
    ).toHaveLength(1);
  });

  function isReadableWith(start: Buffer, checksum: number): boolean {
    const header = start.length === 13 ? Buffer.concat([start, Buffer.alloc(1)]) : start;
    return isReadableLz4(Buffer.concat([header, Buffer.from([checksum, 0, 0, 0, 0])]));
  }

  test("are read up to their end; what comes behind does not count", () => {
    const two = Buffer.concat([frame, frame]);

    expect(lz4With(javascriptLz4()).decompress(two, LIMIT)).toHaveLength(100);
    expect(readLz4Frame(two).sizeInBytes).toBe(frame.length);
  });
});

describe("snappy", () => {
  test.each([
    ["of JavaScript", javascriptSnappy()],
    ["native", nativeSnappy()],
  ])("the %s one refuses a literal of 3 GiB, instead of going back by one", (_, engine) => {
    if (engine === undefined) return;
    // Claims 8 bytes: a literal whose length has four bytes, the highest of them 0xff.
    const block = Buffer.from([8, 63 << 2, 0xf9, 0xff, 0xff, 0xff, 1, 2, 3, 4]);

    expect(() => snappyWith(engine).decompress(block, 1000)).toThrow();
  });

  test.each(all.filter(({ codec }) => codec === CompressionType.SNAPPY))(
    "$name reads one raw block, as librdkafka and Go write it",
    ({ engine }) => {
      const raw = Buffer.from(javascriptSnappy().compress(samples[5] as Buffer));

      expect(engine.decompress(raw, LIMIT).equals(samples[5] as Buffer)).toBe(true);
    },
  );

  test("is written in xerial's framing, blocks of 32 KiB", () => {
    const framed = engineNamed("snappy, JavaScript").compress(samples[3] as Buffer, undefined);

    expect(framed.subarray(0, 16).toString("hex")).toBe("82534e41505059000000000100000001");
    const second = 16 + 4 + framed.readInt32BE(16);
    expect(second + 4 + framed.readInt32BE(second)).toBe(framed.length);
  });
});

describe("levels", () => {
  const text = Buffer.from(samples[5] as Buffer);

  test.each([-1, 1, 9])("gzip %i", (level) => {
    expect(gzip.decompress(gzip.compress(text, level), LIMIT).equals(text)).toBe(true);
  });

  test.each(
    all
      .filter(({ codec }) => codec === CompressionType.ZSTD)
      .flatMap(({ name, engine }) =>
        [-131_072, -7, 1, 19].map((level) => ({ name, level, engine })),
      ),
  )("$name $level", ({ level, engine }) => {
    expect(engine.decompress(engine.compress(text, level), LIMIT).equals(text)).toBe(true);
  });
});

test("a codec that does not exist is an unknown server error, as in Kafka", () => {
  for (const codec of [5, 6, 7]) {
    expect(() => decompress(codec, Buffer.alloc(10), LIMIT)).toThrow(
      expect.objectContaining({ code: ErrorCode.UNKNOWN_SERVER_ERROR }),
    );
  }
});

test("what does not inflate is corrupt, and its cause is kept", () => {
  for (const codec of [1, 2, 3, 4]) {
    let thrown: unknown;
    try {
      decompress(codec, Buffer.alloc(50, 0x7f), LIMIT);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(KafkaError);
    expect(thrown).toMatchObject({ code: ErrorCode.CORRUPT_MESSAGE, cause: expect.any(Error) });
  }
});
