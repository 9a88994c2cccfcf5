import { inspect } from "node:util";

/**
 * Compares a decoded message with the same one as Kafka's classes print it: names may begin with a
 * capital and end in "(tag n)", bytes are `{"hex"}`, ids are hexadecimal with dashes, and tagged
 * fields that were not sent are not there. Gives back where they differ first.
 */
export function differenceFromRecorded(
  recorded: unknown,
  decoded: unknown,
  path: string,
): string | undefined {
  if (Array.isArray(recorded)) return arrayDifference(recorded, decoded, path);
  if (typeof recorded === "object" && recorded !== null && !("hex" in recorded)) {
    return objectDifference(recorded, decoded, path);
  }
  return isSame(recorded, decoded) ? undefined : `${path}: ${show(decoded)}, ${show(recorded)}`;
}

function objectDifference(recorded: object, decoded: unknown, path: string): string | undefined {
  if (typeof decoded !== "object" || decoded === null) return `${path}: ${show(decoded)}`;
  const fields = decoded as Readonly<Record<string, unknown>>;
  return Object.entries(recorded)
    .map(([name, value]) => {
      const field = fieldName(name);
      if (!(field in fields)) return `${path}: no ${field}`;
      return differenceFromRecorded(value, fields[field], `${path}.${field}`);
    })
    .find((difference) => difference !== undefined);
}

function arrayDifference(recorded: readonly unknown[], decoded: unknown, path: string) {
  if (!Array.isArray(decoded) || decoded.length !== recorded.length) return `${path}: ${decoded}`;
  return recorded
    .map((one, i) => differenceFromRecorded(one, decoded[i], `${path}[${i}]`))
    .find((difference) => difference !== undefined);
}

function fieldName(name: string): string {
  const [word = ""] = name.split(" (tag ");
  return word.charAt(0).toLowerCase() + word.slice(1);
}

function isSame(recorded: unknown, decoded: unknown): boolean {
  if (typeof recorded === "object" && recorded !== null && "hex" in recorded) {
    return Buffer.isBuffer(decoded) && decoded.toString("hex") === recorded.hex;
  }
  // JSON has no number for it.
  if (typeof decoded === "bigint") return recorded === String(decoded);
  if (typeof recorded !== "string" || recorded === decoded) return recorded === decoded;
  const id = Buffer.from(recorded.replaceAll("-", ""), "hex").toString("base64url");
  return id.length === 22 && id === decoded;
}

function show(value: unknown): string {
  return inspect(value);
}
