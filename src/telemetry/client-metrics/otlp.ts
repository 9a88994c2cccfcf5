import type { ClientMetric, MetricPoint } from "./metric.ts";
import { type Field, FieldCount, fieldsOf, Wire } from "./protobuf.ts";

/** What was pushed, and about how many bytes of memory it takes as long as it is kept. */
export interface DecodedMetrics {
  readonly metrics: readonly ClientMetric[];
  readonly sizeInMemory: number;
}

/** A client that tells of thousands of partitions stays below it; more would only fill the memory. */
const FIELDS_MAX = 250_000;
/** What an object or a text costs beside what it says. */
const FIELD_BYTES = 64;

/** Numbers of the fields in opentelemetry/proto/metrics/v1/metrics.proto. */
const RESOURCE_METRICS = 1;
const SCOPE_METRICS = 2;
const METRICS = 2;
const METRIC = { name: 1, unit: 3 } as const;
const DATA_POINTS = 1;
const ATTRIBUTE = { key: 1, value: 2 } as const;

interface Layout {
  readonly kind: ClientMetric["kind"];
  readonly attributes: number;
  /** Where a point's value or sum is; a number may be a double or an integer. */
  readonly values: readonly number[];
  readonly count?: number;
}

const TIME = 3;
/** By the field of a metric that holds its data; exponential histograms are told as histograms. */
const layouts: ReadonlyMap<number, Layout> = new Map([
  [5, { kind: "gauge", attributes: 7, values: [4, 6] }],
  [7, { kind: "sum", attributes: 7, values: [4, 6] }],
  [9, { kind: "histogram", attributes: 9, values: [5], count: 4 }],
  [10, { kind: "histogram", attributes: 1, values: [5], count: 4 }],
  [11, { kind: "summary", attributes: 7, values: [5], count: 4 }],
]);
/** The one field that holds a signed integer in eight bytes. */
const AS_INT = 6;

/**
 * The metrics in a MetricsData message of OpenTelemetry, which clients push (KIP-714). Buckets,
 * quantiles and exemplars are passed over.
 *
 * @throws RangeError for bytes that are none, and for more than a client can have to tell.
 */
export function decodeMetrics(message: Buffer): DecodedMetrics {
  const metrics: ClientMetric[] = [];
  const count = new FieldCount(FIELDS_MAX);
  for (const resource of within(message, RESOURCE_METRICS, count)) {
    for (const scope of within(resource, SCOPE_METRICS, count)) {
      for (const metric of within(scope, METRICS, count)) {
        const decoded = metricOf(metric, count);
        if (decoded !== undefined) metrics.push(decoded);
      }
    }
  }
  return { metrics, sizeInMemory: message.length + FIELD_BYTES * count.read };
}

/** The messages in a field that may be repeated. */
function* within(message: Buffer, number: number, count: FieldCount): Generator<Buffer> {
  for (const field of fieldsOf(message, count)) {
    if (field.number === number && field.wire === Wire.BYTES) yield field.bytes;
  }
}

function metricOf(message: Buffer, count: FieldCount): ClientMetric | undefined {
  let name = "";
  let unit = "";
  let data: { readonly layout: Layout; readonly bytes: Buffer } | undefined;
  for (const { number, wire, bytes } of fieldsOf(message, count)) {
    if (wire !== Wire.BYTES) continue;
    const layout = layouts.get(number);
    if (number === METRIC.name) name = bytes.toString("utf8");
    else if (number === METRIC.unit) unit = bytes.toString("utf8");
    else if (layout !== undefined) data = { layout, bytes };
  }
  if (data === undefined) return undefined;
  const { layout, bytes } = data;
  const points: MetricPoint[] = [];
  for (const point of within(bytes, DATA_POINTS, count)) points.push(pointOf(point, layout, count));
  return { name, unit, kind: layout.kind, points };
}

function pointOf(message: Buffer, layout: Layout, fields: FieldCount): MetricPoint {
  const attributes: [string, string][] = [];
  let timeMs = 0;
  let value = 0;
  let count: number | undefined;
  for (const field of fieldsOf(message, fields)) {
    const { number } = field;
    if (number === layout.attributes && field.wire === Wire.BYTES) {
      attributes.push(attributeOf(field.bytes, fields));
    } else if (number === TIME) {
      timeMs = Number(unsigned(field) / 1_000_000n);
    } else if (layout.values.includes(number)) {
      value = numberOf(field);
    } else if (number === layout.count) {
      count = Number(unsigned(field));
    }
  }
  const point = { attributes: Object.fromEntries(attributes), timeMs, value };
  return layout.count === undefined ? point : { ...point, count: count ?? 0 };
}

function attributeOf(message: Buffer, count: FieldCount): [string, string] {
  let key = "";
  let value = "";
  for (const { number, wire, bytes } of fieldsOf(message, count)) {
    if (wire !== Wire.BYTES) continue;
    if (number === ATTRIBUTE.key) key = bytes.toString("utf8");
    else if (number === ATTRIBUTE.value) value = anyValue(bytes, count);
  }
  return [key, value];
}

/** Texts, truths and numbers; lists and maps are empty. */
function anyValue(message: Buffer, count: FieldCount): string {
  for (const { number, bytes, varint } of fieldsOf(message, count)) {
    if (number === 1) return bytes.toString("utf8");
    if (number === 2) return String(varint !== 0n);
    if (number === 3) return String(BigInt.asIntN(64, varint));
    if (number === 4 && bytes.length === 8) return String(bytes.readDoubleLE(0));
  }
  return "";
}

function numberOf({ number, wire, bytes }: Field): number {
  if (wire !== Wire.FIXED64) throw new RangeError("a value that is no number");
  return number === AS_INT ? Number(bytes.readBigInt64LE(0)) : bytes.readDoubleLE(0);
}

function unsigned({ wire, bytes }: Field): bigint {
  if (wire !== Wire.FIXED64) throw new RangeError("a time or count that is no number");
  return bytes.readBigUInt64LE(0);
}
