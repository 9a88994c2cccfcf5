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

  expect(decodeMetrics(message)).toEqual([
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

  expect(decodeMetrics(metricsData(metric("h", "1", 9, point)))).toMatchObject([
    { kind: "histogram", points: [{ attributes: { node: "1" }, value: 34.5, count: 12 }] },
  ]);
});

test("Fields that are not known are passed over", () => {
  const message = Buffer.concat([
    varintField(99, 5),
    bytesField(98, "whatever"),
    metricsData(metric("m", "", 5, Buffer.concat([varintField(50, 1), doubleField(4, 2)]))),
  ]);

  expect(decodeMetrics(message)).toMatchObject([{ name: "m", points: [{ value: 2 }] }]);
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

test("More points than anybody needs are refused", () => {
  const points = Array.from({ length: 20_001 }, () => doubleField(4, 1));

  expect(() => decodeMetrics(metricsData(metric("m", "", 5, ...points)))).toThrow(RangeError);
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
