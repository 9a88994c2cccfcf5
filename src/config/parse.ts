import { LONG_MAX, type Setting, type SettingValue } from "./setting.ts";

/** A value that a setting does not take. The message goes on from the setting's name. */
export class BadValue extends Error {
  override readonly name = "BadValue";
}

const bits: Readonly<Record<string, number>> = { SHORT: 16, INT: 32, LONG: 64 };

/**
 * The value that a text means, as Kafka's ConfigDef reads it.
 *
 * @throws BadValue
 */
export function parseValue(setting: Setting, given: string): SettingValue {
  const value = readValue(setting, given.trim());
  check(setting, value);
  return value;
}

/** The text as Kafka would show it: numbers without signs and zeros in front, lists without spaces. */
export function canonicalText(setting: Setting, given: string): string {
  const trimmed = given.trim();
  switch (setting.type) {
    case "BOOLEAN":
      return trimmed.toLowerCase();
    case "SHORT":
    case "INT":
    case "LONG":
      return String(BigInt(trimmed.replace(/^\+/, "")));
    case "DOUBLE":
      return javaDouble(Number(trimmed));
    case "LIST":
      return elementsOf(trimmed).join(",");
    default:
      return trimmed;
  }
}

/** A value that came from nobody's text, as Kafka would show it. Null where there is none. */
export function textOf(setting: Setting, value: SettingValue): string | null {
  if (value === undefined) return null;
  if (typeof value === "object") return value.join(",");
  if (setting.type === "DOUBLE") return javaDouble(Number(value));
  return value === LONG_MAX ? "9223372036854775807" : String(value);
}

function readValue({ type }: Setting, given: string): SettingValue {
  switch (type) {
    case "BOOLEAN":
      return readBoolean(given);
    case "SHORT":
    case "INT":
    case "LONG":
      return readInteger(given, bits[type] ?? 64);
    case "DOUBLE":
      return readDouble(given);
    case "LIST":
      return elementsOf(given);
    default:
      return given;
  }
}

function readBoolean(given: string): boolean {
  const word = given.toLowerCase();
  if (word !== "true" && word !== "false")
    throw new BadValue(`takes true or false, not ${quoted(given)}`);
  return word === "true";
}

function readInteger(given: string, width: number): number {
  if (!/^[+-]?\d{1,40}$/.test(given))
    throw new BadValue(`takes a whole number, not ${quoted(given)}`);
  const exact = BigInt(given.replace(/^\+/, ""));
  if (exact !== BigInt.asIntN(width, exact)) {
    throw new BadValue(`takes a number of ${width} bits, and ${given} is beyond`);
  }
  return Math.max(-LONG_MAX, Math.min(LONG_MAX, Number(exact)));
}

function readDouble(given: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(given)) {
    throw new BadValue(`takes a number, not ${quoted(given)}`);
  }
  return Number(given);
}

/** Each once: a repeat says nothing new (KIP-1161). */
function elementsOf(given: string): readonly string[] {
  return given === "" ? [] : [...new Set(given.split(/\s*,\s*/))];
}

function check(setting: Setting, value: SettingValue): void {
  if (typeof value === "number") checkRange(setting, value);
  else if (typeof value === "string") checkText(setting, value);
  else if (typeof value === "object") checkList(setting, value);
}

function checkRange({ min, max, or }: Setting, value: number): void {
  if (value === or) return;
  if (min !== undefined && value < min) throw new BadValue(`must be at least ${min}, not ${value}`);
  if (max !== undefined && value > max) throw new BadValue(`must be at most ${max}, not ${value}`);
}

function checkText(setting: Setting, value: string): void {
  if (setting.nonEmpty && value === "") throw new BadValue("must not be empty");
  if (setting.oneOf !== undefined) checkMember(setting, value);
  if (setting.offsetReset) checkOffsetReset(value);
}

function checkList(setting: Setting, value: readonly string[]): void {
  if (setting.nonEmpty && value.length === 0) throw new BadValue("must not be empty");
  if (setting.noEmptyElements && value.includes("")) {
    throw new BadValue("must not have empty elements");
  }
  if (setting.oneOf !== undefined) for (const element of value) checkMember(setting, element);
  if (setting.throttledReplicas) checkThrottledReplicas(value);
}

function checkMember({ oneOf = [], ignoreCase }: Setting, value: string): void {
  const found = ignoreCase
    ? oneOf.some((one) => one.toLowerCase() === value.toLowerCase())
    : oneOf.includes(value);
  if (!found) throw new BadValue(`takes ${oneOf.join(", ")}, not ${quoted(value)}`);
}

function checkThrottledReplicas(value: readonly string[]): void {
  if (value.length === 1 && value[0] === "*") return;
  if (!value.every((element) => /^\d+:\d+$/.test(element))) {
    throw new BadValue("takes pairs of partition:broker with commas between, or * for all");
  }
}

function checkOffsetReset(value: string): void {
  const duration = /^by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$/i;
  if (value !== "latest" && value !== "earliest" && !duration.test(value)) {
    throw new BadValue("takes latest, earliest, or by_duration: and a duration as PT1H30M");
  }
}

function quoted(given: string): string {
  return given.length > 100 ? `'${given.slice(0, 100)}…'` : `'${given}'`;
}

/** As Java prints a double: at least one digit after the point, an E without plus. */
function javaDouble(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e7 || Math.abs(value) < 1e-3)) {
    const [digits = "", exponent = "0"] = value.toExponential().split("e");
    return `${digits.includes(".") ? digits : `${digits}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
