/** Writes what clients push: just enough of Protocol Buffers to build a MetricsData message. */

export function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

export function bytesField(number: number, ...parts: (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

export function doubleField(number: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint((number << 3) | 1), bytes]);
}

export function fixedField(number: number, value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(value);
  return Buffer.concat([varint((number << 3) | 1), bytes]);
}

export function varintField(number: number, value: number | bigint): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

export function attribute(key: string, value: Buffer, number = 7): Buffer {
  return bytesField(number, bytesField(1, key), bytesField(2, value));
}

export const text = (value: string): Buffer => bytesField(1, value);

/** @param field of a metric that holds its data: 5 gauge, 7 sum, 9 histogram */
export function metric(name: string, unit: string, field: number, ...points: Buffer[]): Buffer {
  const data = bytesField(field, ...points.map((point) => bytesField(1, point)));
  return bytesField(2, bytesField(1, name), bytesField(2, "what it is"), bytesField(3, unit), data);
}

/** Metrics of one scope of one resource. */
export function metricsData(...metrics: Buffer[]): Buffer {
  const scope = bytesField(1, bytesField(1, "a scope"));
  const resource = bytesField(1, attribute("service.name", text("x"), 1));
  return bytesField(1, resource, bytesField(2, scope, ...metrics));
}
