import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMetrics } from "../../../src/telemetry/client-metrics/otlp.ts";
import {
  attribute,
  bytesField,
  doubleField,
  fixedField,
  metric,
  metricsData,
  text,
  varint,
  varintField,
} from "./otlp-messages.ts";

const TIME_MS = 1_795_392_200_123;
const time = fixedField(3, BigInt(TIME_MS) * 1_000_000n);

test("Gauges and sums are read with their attributes, as doubles or integers", () => {
  const message = metricsData(
    metric("a.gauge", "ms", 5, Buffer.concat([time, doubleField(4, 1.5)])),
    metric(
      "a.sum",
      "",
      7,
      Buffer.concat([time, fixedField(6, -7n), attribute("topic", text("t"))]),
      Buffer.concat([attribute("n", varintField(3, -1n)), attribute("b", varintField(2, 1))]),
    ),
  );

  expect(decodeMetrics(message).metrics).toEqual([
    {
      name: "a.gauge",
      unit: "ms",
      kind: "gauge",
      points: [{ attributes: {}, timeMs: TIME_MS, value: 1.5 }],
    },
    {
      name: "a.sum",
      unit: "",
      kind: "sum",
      points: [
        { attributes: { topic: "t" }, timeMs: TIME_MS, value: -7 },
        { attributes: { n: "-1", b: "true" }, timeMs: 0, value: 0 },
      ],
    },
  ]);
});

test("Of a histogram the sum and the count are read", () => {
  const point = Buffer.concat([
    time,
    fixedField(4, 12n),
    doubleField(5, 34.5),
    bytesField(6, Buffer.alloc(16)),
    attribute("node", text("1"), 9),
  ]);

  expect(decodeMetrics(metricsData(metric("h", "1", 9, point))).metrics).toMatchObject([
    { kind: "histogram", points: [{ attributes: { node: "1" }, value: 34.5, count: 12 }] },
  ]);
});

test("Fields that are not known are passed over", () => {
  const message = Buffer.concat([
    varintField(99, 5),
    bytesField(98, "whatever"),
    metricsData(metric("m", "", 5, Buffer.concat([varintField(50, 1), doubleField(4, 2)]))),
  ]);

  expect(decodeMetrics(message).metrics).toMatchObject([{ name: "m", points: [{ value: 2 }] }]);
});

test.each([
  ["a field without a number", varint(2)],
  ["a group, which nobody writes any more", varint((1 << 3) | 3)],
  ["a field that is longer than its message", Buffer.from([0x0a, 0x7f, 0x00])],
  ["a number that is cut off", Buffer.from([0x0a, 0x80])],
  ["a number without an end", Buffer.from([0x08, ...Array(12).fill(0xff)])],
  ["a value that is no number", metricsData(metric("m", "", 5, varintField(4, 1)))],
])("%s is refused", (_, message) => {
  expect(() => decodeMetrics(message)).toThrow(RangeError);
});

const MANY = 250_002;
const times = (count: number, part: Buffer) => Buffer.concat(Array(count).fill(part));
const point = bytesField(1, doubleField(4, 1));

test.each([
  ["points", () => metricsData(bytesField(2, bytesField(5, times(MANY / 2, point))))],
  ["metrics without points", () => metricsData(times(MANY / 2, metric("", "", 5)))],
  ["attributes", () => metricsData(metric("m", "", 5, Buffer.alloc(2 * MANY, "\x3a\x00")))],
  ["fields that nobody knows", () => Buffer.alloc(2 * MANY, "\x08\x00")],
])("More %s than anybody needs are refused", (_, message) => {
  expect(() => decodeMetrics(message())).toThrow("more than 250000 fields");
});

test("What is kept of a push weighs what it takes, however few bytes it came in", () => {
  const { sizeInMemory } = decodeMetrics(metricsData(...Array(1000).fill(metric("", "", 5))));

  expect(sizeInMemory).toBeGreaterThan(100_000);
});

test("Any bytes are either read or refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeMetrics(Buffer.from(bytes));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
  );
});
