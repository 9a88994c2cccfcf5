/** What bytes say, as text: as the class's value prints itself in Java. */
export type Deserialize = (bytes: Buffer) => string;

/** Bytes that are none of what they should be. */
export class SerializationError extends Error {
  override readonly name = "org.apache.kafka.common.errors.SerializationException";
}

const PACKAGE = "org.apache.kafka.common.serialization.";

const numbers: Readonly<Record<string, readonly [bytes: number, read: Deserialize]>> = {
  ShortDeserializer: [2, (bytes) => String(bytes.readInt16BE())],
  IntegerDeserializer: [4, (bytes) => String(bytes.readInt32BE())],
  LongDeserializer: [8, (bytes) => String(bytes.readBigInt64BE())],
  FloatDeserializer: [4, (bytes) => floatText(bytes.readFloatBE(), Math.fround)],
  DoubleDeserializer: [8, (bytes) => floatText(bytes.readDoubleBE(), (value) => value)],
};

/** Undefined: Odradek knows no such class. */
export function deserializerOf(className: string): Deserialize | undefined {
  const name = className.startsWith(PACKAGE) ? className.slice(PACKAGE.length) : className;
  if (name === "StringDeserializer" || name === "UUIDDeserializer") return String;
  if (name === "BooleanDeserializer") return booleanText;
  const number = numbers[name];
  if (number === undefined) return undefined;
  const [size, read] = number;
  return (bytes) => {
    if (bytes.length === size) return read(bytes);
    throw new SerializationError(`Size of data received by ${name} is not ${size}`);
  };
}

function booleanText(bytes: Buffer): string {
  const [only] = bytes;
  if (bytes.length === 1 && (only === 0 || only === 1)) return String(only === 1);
  throw new SerializationError("Unexpected byte received by BooleanDeserializer");
}

const PLAIN_MIN = 1e-3;
const PLAIN_MAX = 1e7;

/** The shortest digits that mean this value, in Java's notation: 1.0, 1.0E10, NaN, Infinity. */
function floatText(value: number, rounded: (value: number) => number): string {
  if (!Number.isFinite(value) || value === 0) return zeroOrNone(value);
  const digits = shortest(value, rounded);
  const size = Math.abs(value);
  if (size >= PLAIN_MIN && size < PLAIN_MAX) {
    const plain = Number(digits).toString();
    return plain.includes(".") ? plain : `${plain}.0`;
  }
  const [mantissa = "", exponent = ""] = Number(digits).toExponential().split("e");
  return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}

function zeroOrNone(value: number): string {
  return value === 0 ? (Object.is(value, -0) ? "-0.0" : "0.0") : String(value);
}

function shortest(value: number, rounded: (value: number) => number): string {
  for (let precision = 1; precision < 17; precision++) {
    const text = value.toPrecision(precision);
    if (rounded(Number(text)) === value) return text;
  }
  return String(value);
}
