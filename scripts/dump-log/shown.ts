/** Longest text of a key or value on a line, unless all of it is asked for. */
const CHARS_MAX = 60;

/** Bytes as a quoted text where they are one, else in hex. */
export function shownBytes(bytes: Buffer | null, isWhole: boolean): string {
  if (bytes === null) return "null";
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes);
  const shown = isText ? JSON.stringify(text) : `0x${bytes.toString("hex")}`;
  if (isWhole || shown.length <= CHARS_MAX) return shown;
  return `${shown.slice(0, CHARS_MAX)}… (${bytes.length} bytes)`;
}

/** What a codec gave, on one line; bytes in hex. */
export function shownFields(fields: unknown): string {
  return JSON.stringify(fields, (_name, value: unknown) => {
    if (typeof value === "bigint") return value.toString();
    if (isJsonBuffer(value)) return `0x${Buffer.from(value.data).toString("hex")}`;
    return value;
  });
}

/** Buffers have made themselves that before a replacer sees them. */
function isJsonBuffer(value: unknown): value is { readonly data: readonly number[] } {
  if (typeof value !== "object" || value === null || !("type" in value)) return false;
  return value.type === "Buffer" && "data" in value && Array.isArray(value.data);
}

export function shownTime(timestamp: number): string {
  if (timestamp < 0) return "no time";
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? `${timestamp} ms` : date.toISOString();
}

/** The parts that say something, in columns of a line. */
export function line(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join("  ");
}
