import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ErrorCode, KafkaError } from "../../src/protocol/errors.ts";
import {
  BATCH_HEADER_BYTES,
  compressionOf,
  isIntact,
  readBatchHeader,
} from "../../src/records/batch.ts";
import { CompressionType, compress } from "../../src/records/compression.ts";
import { checkFraming, RecordsRefused } from "../../src/records/framing.ts";
import { buildBatch, type NewRecord, recordsOf } from "../../src/records/records.ts";
import { type ValidationRules, validateForAppend } from "../../src/records/validator.ts";
import { type GoldenCase, goldenCases } from "../support/golden-frames.ts";
import { javaBatches, javaRecords, newRecord, withBody, withHeader } from "./support.ts";

const NOW = 1_700_000_000_000;
const HOUR_MS = 3_600_000;
const FOR_EVER = 2 ** 63;

const ordinary: ValidationRules = {
  partition: "orders-0",
  now: NOW,
  timestampType: "CreateTime",
  beforeMaxMs: FOR_EVER,
  afterMaxMs: HOUR_MS,
  maxMessageBytes: 1_048_588,
  compacted: false,
  compressionType: "producer",
  recordBytesMax: 2_147_483_639,
  validatesCompressed: false,
  origin: "client",
};

function batch(records: readonly NewRecord[] = [newRecord("a")], compression = 0): Buffer {
  return buildBatch({ records, timestamp: NOW, compression });
}

function refusal(records: Buffer, rules: Partial<ValidationRules> = {}): RecordsRefused {
  try {
    validateForAppend(records, { ...ordinary, ...rules });
  } catch (error) {
    expect(error).toBeInstanceOf(RecordsRefused);
    return error as RecordsRefused;
  }
  throw new Error("it was accepted");
}

describe("a batch is stored as it came", () => {
  test.each([0, 1, 2, 3, 4])("in codec %i", (codec) => {
    const bytes = batch([newRecord("a"), newRecord("b")], codec);
    const before = Buffer.from(bytes);

    const { bytes: kept, header, logAppendTime } = validateForAppend(bytes, ordinary);

    expect(kept).toBe(bytes);
    expect(kept.equals(before)).toBe(true);
    expect(header).toEqual(readBatchHeader(bytes, 0));
    expect(logAppendTime).toBe(-1);
  });

  test.each([...javaBatches.keys()])("from Java: %s", (name) => {
    const bytes = javaBatches.get(name) as Buffer;

    expect(validateForAppend(Buffer.from(bytes), ordinary).bytes.equals(bytes)).toBe(true);
  });

  test("without what came behind it", () => {
    const bytes = batch();

    const { bytes: kept } = validateForAppend(Buffer.concat([bytes, Buffer.from("xyz")]), ordinary);

    expect(kept.equals(bytes)).toBe(true);
  });
});

describe("the rules come in Kafka's order", () => {
  const good = batch([newRecord("a"), newRecord("b")]);
  /** From the last rule to the first: each batch breaks its own rule and all that come after it. */
  const breaches: readonly [string, Buffer, ErrorCode][] = [];
  let worst = withHeader(good, { attributes: 0x20 });
  const steps: [string, (bytes: Buffer) => Buffer, ErrorCode][] = [
    ["a control batch", (bytes) => bytes, ErrorCode.INVALID_RECORD],
    [
      "another count",
      (bytes) => withHeader(bytes, { lastOffsetDelta: 7 }),
      ErrorCode.INVALID_RECORD,
    ],
    ["a wrong CRC", (bytes) => flipped(bytes, 18), ErrorCode.CORRUPT_MESSAGE],
    ["a base offset", (bytes) => flipped(bytes, 7), ErrorCode.INVALID_RECORD],
  ];
  for (const [name, breach, code] of steps) {
    worst = breach(worst);
    (breaches as [string, Buffer, ErrorCode][]).push([name, worst, code]);
  }

  test.each(breaches)("%s", (_name, bytes, code) => {
    expect(refusal(bytes).code).toBe(code);
  });

  test("size before CRC, base offset before size", () => {
    const large = flipped(good, 18);

    expect(refusal(large, { maxMessageBytes: good.length - 1 }).code).toBe(
      ErrorCode.MESSAGE_TOO_LARGE,
    );
    expect(refusal(flipped(large, 7), { maxMessageBytes: 1 }).code).toBe(ErrorCode.INVALID_RECORD);
    expect(validateForAppend(good, { ...ordinary, maxMessageBytes: good.length }).bytes).toBe(good);
  });

  function flipped(bytes: Buffer, at: number): Buffer {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] as number) ^ 1;
    return changed;
  }
});

describe("a header is refused", () => {
  const good = batch([newRecord("a"), newRecord("b")]);

  test.each([
    ["count above the last offset delta", { recordCount: 3 }],
    ["count below it", { recordCount: 1 }],
    ["no records", { recordCount: 0, lastOffsetDelta: -1 }],
    ["a negative count", { recordCount: -2, lastOffsetDelta: -3 }],
    ["more than the bytes hold, though they agree", { recordCount: 5, lastOffsetDelta: 4 }],
    ["fewer than they hold, though they agree", { recordCount: 1, lastOffsetDelta: 0 }],
    ["control records", { attributes: 0x20 }],
    ["a producer id without a sequence", { producerId: 5, producerEpoch: 0, baseSequence: -1 }],
  ])("with %s", (_what, changes) => {
    expect(refusal(withHeader(good, changes)).code).toBe(ErrorCode.INVALID_RECORD);
  });

  test("not for control records that the broker itself writes", () => {
    const marker = withHeader(good, { attributes: 0x20 });

    expect(validateForAppend(marker, { ...ordinary, origin: "coordinator" }).bytes).toBe(marker);
  });

  test.each([5, 6, 7])("with codec %i, as an unknown server error", (attributes) => {
    expect(refusal(withHeader(good, { attributes })).code).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
  });

  test("with a length that is not there, or is none", () => {
    const longer = Buffer.from(good);
    longer.writeInt32BE(good.length, 8);
    const shorter = Buffer.from(good);
    shorter.writeInt32BE(20, 8);

    expect(refusal(longer).code).toBe(ErrorCode.CORRUPT_MESSAGE);
    expect(refusal(shorter).code).toBe(ErrorCode.CORRUPT_MESSAGE);
  });
});

describe("records that a consumer could not read are refused", () => {
  test.each<[string, number[]]>([
    ["a size beyond the end", [40, 0, 0, 0, 1, 1, 0]],
    ["a key beyond the record", [12, 0, 0, 0, 20, 1, 0]],
    ["a value beyond the record", [12, 0, 0, 0, 1, 20, 0]],
    ["a header that is not there", [12, 0, 0, 0, 1, 1, 2]],
    ["a header without a key", [16, 0, 0, 0, 1, 1, 2, 1, 1]],
    ["a negative number of headers", [12, 0, 0, 0, 1, 1, 1]],
    ["bytes behind the last", [12, 0, 0, 0, 1, 1, 0, 0]],
  ])("%s", (_what, body) => {
    expect(refusal(withBody(Buffer.from(body))).code).toBe(ErrorCode.INVALID_RECORD);
  });

  test("LZ4 with linked blocks, which Java does not read", () => {
    const bytes = Buffer.from(javaBatches.get("lz4-default") as Buffer);
    bytes[BATCH_HEADER_BYTES + 4] = 0x40;

    expect(refusal(withHeader(bytes, {})).code).toBe(ErrorCode.UNKNOWN_SERVER_ERROR);
  });

  test("compressed ones where the topic has to look into them and cannot", () => {
    const bytes = withBody(Buffer.alloc(40, 1), { attributes: CompressionType.GZIP });

    expect(() => validateForAppend(bytes, { ...ordinary, compacted: true })).toThrow(
      expect.objectContaining({ code: ErrorCode.UNKNOWN_SERVER_ERROR }),
    );
  });
});

describe("a compacted topic", () => {
  const keyed = newRecord("a");
  const keyless = newRecord("b", { key: null });

  test.each([0, 1, 2, 3, 4])("names each record without a key, in codec %i", (codec) => {
    const refused = refusal(batch([keyed, keyless, keyed, keyless], codec), { compacted: true });

    expect(refused.code).toBe(ErrorCode.INVALID_RECORD);
    expect(refused.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([1, 3]);
    expect(refused.clientMessage).toContain("2 records");
  });

  test("takes an empty key", () => {
    const bytes = batch([newRecord("a", { key: Buffer.alloc(0) })]);

    expect(validateForAppend(bytes, { ...ordinary, compacted: true }).bytes).toBe(bytes);
  });

  test("does not list a million of them", () => {
    const refused = refusal(batch(Array.from({ length: 5000 }, () => keyless)), {
      compacted: true,
    });

    expect(refused.recordErrors).toHaveLength(1000);
    expect(refused.clientMessage).toContain("5000 records");
    expect(refused.clientMessage?.length).toBeLessThan(1000);
  });

  test("answers for the timestamp if one is wrong, too, as Kafka does", () => {
    const late = newRecord("c", { timestamp: NOW + 2 * HOUR_MS });
    const refused = refusal(batch([keyless, late]), { compacted: true });

    expect(refused.code).toBe(ErrorCode.INVALID_TIMESTAMP);
    expect(refused.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([0, 1]);
  });
});

describe("timestamps", () => {
  const at = (timestamp: number) => newRecord("x", { timestamp });

  test("may be as late and as early as the topic says, to the millisecond", () => {
    const rules = { ...ordinary, beforeMaxMs: HOUR_MS };
    const edges = [at(NOW - HOUR_MS), at(NOW + HOUR_MS), at(-1)];

    expect(() => validateForAppend(batch(edges), rules)).not.toThrow();
    for (const timestamp of [NOW - HOUR_MS - 1, NOW + HOUR_MS + 1]) {
      const refused = refusal(batch([at(NOW), at(timestamp)]), rules);
      expect(refused.code).toBe(ErrorCode.INVALID_TIMESTAMP);
      expect(refused.recordErrors).toHaveLength(1);
      expect(refused.recordErrors[0]).toMatchObject({
        batchIndex: 1,
        message: expect.stringContaining(`[${NOW - HOUR_MS}, ${NOW + HOUR_MS}]`),
      });
    }
  });

  test.each([1, 2, 3, 4])("of compressed records count, in codec %i", (codec) => {
    const early = batch([at(NOW), at(NOW - 2 * HOUR_MS), at(NOW)], codec);
    const late = batch([at(NOW), at(NOW + 2 * HOUR_MS)], codec);

    expect(refusal(late).code).toBe(ErrorCode.INVALID_TIMESTAMP);
    expect(refusal(early, { beforeMaxMs: HOUR_MS }).recordErrors[0]?.batchIndex).toBe(1);
    expect(() => validateForAppend(early, ordinary)).not.toThrow();
  });

  test("a wrong largest one in the header is mended", () => {
    const wrong = withHeader(batch([at(NOW - 5), at(NOW - 9)]), { maxTimestamp: NOW });

    const { bytes, header } = validateForAppend(wrong, ordinary);

    expect(header.maxTimestamp).toBe(NOW - 5);
    expect(header).toEqual(readBatchHeader(bytes, 0));
    expect(isIntact(bytes, 0)).toBe(true);
  });

  test("of the broker replace the producer's, whatever those are", () => {
    const bytes = batch([at(5), at(NOW + 2 * HOUR_MS)]);

    const kept = validateForAppend(bytes, { ...ordinary, timestampType: "LogAppendTime" });

    expect(kept.logAppendTime).toBe(NOW);
    expect(kept.header).toEqual(readBatchHeader(kept.bytes, 0));
    expect(isIntact(kept.bytes, 0)).toBe(true);
    expect(recordsOf(kept.bytes).map(({ timestamp }) => timestamp)).toEqual([NOW, NOW]);
  });

  test("that claim to be the broker's are the producer's on a topic that keeps those", () => {
    const claiming = withHeader(batch([at(NOW)]), { attributes: 0x08 });

    const { bytes, header } = validateForAppend(claiming, ordinary);

    expect(header.attributes).toBe(0);
    expect(header).toEqual(readBatchHeader(bytes, 0));
    expect(isIntact(bytes, 0)).toBe(true);
  });

  test("that claim to be the broker's are refused where the broker gives them", () => {
    const claiming = withHeader(batch([at(NOW)]), { attributes: 0x08 });

    expect(refusal(claiming, { timestampType: "LogAppendTime" }).code).toBe(
      ErrorCode.INVALID_TIMESTAMP,
    );
  });
});

describe("a topic with its own codec makes the batch anew", () => {
  const targets = ["uncompressed", "gzip", "snappy", "lz4", "zstd"] as const;
  const pairs = targets.flatMap((compressionType, to) =>
    [0, 1, 2, 3, 4].map((from) => ({ compressionType, to, from })),
  );

  test.each(pairs)("$compressionType from codec $from", ({ compressionType, to, from }) => {
    const given = batch([newRecord("a"), newRecord("b", { timestamp: NOW - 7 })], from);
    const source = withHeader(given, { producerId: 9, producerEpoch: 3, baseSequence: 77 });

    const { bytes, header } = validateForAppend(source, { ...ordinary, compressionType });

    expect(compressionOf(header.attributes)).toBe(to);
    expect(header).toEqual(readBatchHeader(bytes, 0));
    expect(isIntact(bytes, 0)).toBe(true);
    expect(header).toMatchObject({ producerId: 9, producerEpoch: 3, baseSequence: 77 });
    expect(recordsOf(bytes)).toEqual(recordsOf(source));
  });

  test.each([
    ["gzip", -1],
    ["gzip", 1],
    ["gzip", 9],
    ["lz4", 1],
    ["lz4", 17],
    ["zstd", -131_072],
    ["zstd", 22],
  ] as const)("in %s at level %i", (compressionType, compressionLevel) => {
    const rules = { ...ordinary, now: 1_700_000_000_000, compressionType, compressionLevel };
    const source = Buffer.from(javaBatches.get("snappy") as Buffer);

    expect(recordsOf(validateForAppend(source, rules).bytes)).toEqual(javaRecords());
  });

  test("and a better level makes it smaller", () => {
    const [fast, small] = [1, 9].map((compressionLevel) => {
      const source = Buffer.from(javaBatches.get("snappy") as Buffer);
      const rules = { ...ordinary, compressionType: "gzip", compressionLevel } as const;
      return validateForAppend(source, rules).bytes.length;
    });

    expect(small).toBeLessThan(fast as number);
  });

  test("with the broker's time, if the topic asks for both", () => {
    const { bytes, logAppendTime } = validateForAppend(batch(), {
      ...ordinary,
      compressionType: "lz4",
      timestampType: "LogAppendTime",
    });

    expect(logAppendTime).toBe(NOW);
    expect(isIntact(bytes, 0)).toBe(true);
    expect(recordsOf(bytes)[0]?.timestamp).toBe(NOW);
  });

  test("unless that is too large then", () => {
    const source = batch([newRecord("a".repeat(10_000))], 1);

    expect(refusal(source, { compressionType: "uncompressed", maxMessageBytes: 5000 }).code).toBe(
      ErrorCode.MESSAGE_TOO_LARGE,
    );
  });

  test("but never inflates a bomb for it", () => {
    const body = compress(CompressionType.GZIP, Buffer.alloc(1000));
    body.writeUInt32LE(2 ** 30, body.length - 4);
    const bomb = withBody(body, { attributes: CompressionType.GZIP });

    expect(() =>
      validateForAppend(bomb, { ...ordinary, compressionType: "lz4", maxMessageBytes: 2 ** 31 }),
    ).toThrow(expect.objectContaining({ code: ErrorCode.UNKNOWN_SERVER_ERROR }));
  });
});

test("whatever is changed in a batch, it is taken or refused, at once", () => {
  const kinds = [0, 1, 2, 3, 4].map((codec) =>
    batch(
      Array.from({ length: 20 }, (_, i) => newRecord(`value ${i}`)),
      codec,
    ),
  );
  const rules = fc.record({
    compacted: fc.boolean(),
    timestampType: fc.constantFrom("CreateTime" as const, "LogAppendTime" as const),
    compressionType: fc.constantFrom("producer" as const, "lz4" as const),
  });
  const change = fc.record({ at: fc.nat(), byte: fc.nat(255) });
  const changes = fc.array(change, { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.nat(4), changes, fc.boolean(), rules, (codec, bytes, isSealed, asked) => {
      const mutated = Buffer.from(kinds[codec] as Buffer);
      for (const { at, byte } of bytes) mutated[8 + (at % (mutated.length - 8))] = byte;
      const sizeInBytes = mutated.readInt32BE(8) + 12;
      const isWhole = sizeInBytes >= BATCH_HEADER_BYTES && sizeInBytes <= mutated.length;
      try {
        checkFraming(mutated, 13);
        const sealed = isSealed && isWhole ? withHeader(mutated, {}) : mutated;
        const { bytes: kept } = validateForAppend(sealed, { ...ordinary, ...asked });
        expect(isIntact(kept, 0)).toBe(true);
      } catch (error) {
        expect(error).toBeInstanceOf(KafkaError);
      }
    }),
    { numRuns: 1500 },
  );
});

describe("as Apache Kafka 4.4 answered", () => {
  const topics: Readonly<Record<string, Partial<ValidationRules>>> = {
    prod: {},
    compact: { compacted: true, partition: "compact-0" },
    lat: { timestampType: "LogAppendTime" },
    small: { maxMessageBytes: 200 },
    gz: { compressionType: "gzip" },
    tscheck: { beforeMaxMs: HOUR_MS },
  };
  /** Decided by records alone. */
  const ofRecords = new Set<number>([-1, 0, 2, 10, 32, 76, 87]);
  const known = goldenCases().flatMap((golden) => partitionsOf(golden));

  test.each(known)("Produce v$version $name", ({ version, topic, records, answer }) => {
    const recordedNow = nowOf(answer.RecordErrors?.[0]?.BatchIndexErrorMessage);
    const fallback =
      records.length < BATCH_HEADER_BYTES ? NOW : Math.max(0, Number(records.readBigInt64BE(35)));
    const rules = { ...ordinary, ...topics[topic], now: recordedNow ?? fallback };
    let refused: RecordsRefused | undefined;
    try {
      checkFraming(records, version);
      validateForAppend(records, rules);
    } catch (error) {
      expect(error).toBeInstanceOf(RecordsRefused);
      refused = error as RecordsRefused;
    }

    expect(refused?.code ?? 0).toBe(answer.ErrorCode);
    // Earlier versions tell nothing but the code.
    if (version < 8) return;
    const told = (refused?.recordErrors ?? []).map(({ batchIndex }) => batchIndex);
    expect(told).toEqual((answer.RecordErrors ?? []).map(({ BatchIndex }) => BatchIndex));
    expect(typeof (refused?.clientMessage ?? null)).toBe(typeof (answer.ErrorMessage ?? null));
  });

  test("in more than fifty cases", () => {
    expect(known.length).toBeGreaterThan(50);
  });

  function partitionsOf(golden: GoldenCase) {
    if (golden.api !== "Produce" || golden.responseBody === undefined) return [];
    const request = golden.requestBody as ProduceBody;
    const response = golden.responseBody as ProduceAnswer;
    return (request?.TopicData ?? []).flatMap(({ Name, PartitionData }, t) =>
      PartitionData.flatMap(({ Records }, p) => {
        const answer = response.Responses[t]?.PartitionResponses[p];
        if (answer === undefined || Records === null || topics[Name] === undefined) return [];
        if (!ofRecords.has(answer.ErrorCode)) return [];
        const records = Buffer.from(Records.hex, "hex");
        const { version } = golden;
        return [{ name: golden.case, version, topic: Name, records, answer }];
      }),
    );
  }

  /** The broker's time, from the range that it told. */
  function nowOf(message: string | null | undefined): number | undefined {
    const latest = /, (\d+)\]$/.exec(message ?? "")?.[1];
    return latest === undefined ? undefined : Number(latest) - HOUR_MS;
  }
});

interface ProduceBody {
  readonly TopicData: readonly {
    readonly Name: string;
    readonly PartitionData: readonly { readonly Records: { readonly hex: string } | null }[];
  }[];
}

interface ProduceAnswer {
  readonly Responses: readonly {
    readonly PartitionResponses: readonly {
      readonly ErrorCode: number;
      readonly RecordErrors?: readonly {
        readonly BatchIndex: number;
        readonly BatchIndexErrorMessage: string | null;
      }[];
      readonly ErrorMessage?: string | null;
    }[];
  }[];
}
