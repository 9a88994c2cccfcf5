/** Types of settings, by Kafka's names (ConfigDef.Type). */
export type SettingType =
  | "BOOLEAN"
  | "STRING"
  | "INT"
  | "SHORT"
  | "LONG"
  | "DOUBLE"
  | "LIST"
  | "CLASS"
  | "PASSWORD";

export const HIGH = "HIGH";
export const MEDIUM = "MEDIUM";
export const LOW = "LOW";
export type Importance = typeof HIGH | typeof MEDIUM | typeof LOW;

/**
 * Java's Long.MAX_VALUE as this program holds it: the largest number it can count to. What is
 * described or sent under Kafka's names says 9223372036854775807.
 */
export const LONG_MAX: number = Number.MAX_SAFE_INTEGER;

export interface Limits {
  /** Inclusive. */
  readonly min?: number;
  readonly max?: number;
  /** One value outside min and max that is valid too. */
  readonly or?: number;
  /** The values that a text, or each element of a list, may have. */
  readonly oneOf?: readonly string[];
  readonly ignoreCase?: boolean;
  readonly nonEmpty?: boolean;
  /** A list may be empty, its elements not. */
  readonly noEmptyElements?: boolean;
  /** Elements are partition:broker, or the list is `*` alone. */
  readonly throttledReplicas?: boolean;
  /** latest, earliest, or by_duration: with an ISO-8601 duration. */
  readonly offsetReset?: boolean;
}

export interface Traits extends Limits {
  /** Kafka can change it without a restart: DescribeConfigs does not call it read-only. */
  readonly dynamic?: boolean;
  /** Taken where it is given, and described only then. */
  readonly internal?: boolean;
}

/** A row of the table: what there is to know about a setting except its name and its sentence. */
export interface Setting<T = SettingValue> extends Traits {
  readonly type: SettingType;
  readonly default: T;
  readonly importance: Importance;
}

export type SettingValue = boolean | number | string | readonly string[] | undefined;

/** Makes a row. A default of undefined: there is none. */
interface RowOf<T> {
  (byDefault: T, importance: Importance, traits?: Traits): Setting<T>;
  (byDefault: undefined, importance: Importance, traits?: Traits): Setting<T | undefined>;
}

function rowOf<T extends SettingValue>(type: SettingType): RowOf<T> {
  return ((byDefault: T, importance: Importance, traits?: Traits): Setting<T> =>
    // Hundreds of rows are made at every start: most need no spread.
    traits === undefined
      ? { type, default: byDefault, importance }
      : { type, default: byDefault, importance, ...traits }) as RowOf<T>;
}

export const boolean: RowOf<boolean> = rowOf("BOOLEAN");
export const text: RowOf<string> = rowOf("STRING");
/** 32 bits. */
export const int: RowOf<number> = rowOf("INT");
/** 16 bits. */
export const short: RowOf<number> = rowOf("SHORT");
/** 64 bits; beyond the safe integers it becomes the outermost of them. */
export const long: RowOf<number> = rowOf("LONG");
export const double: RowOf<number> = rowOf("DOUBLE");
export const list: RowOf<readonly string[]> = rowOf("LIST");
/** The name of a Java class. */
export const className: RowOf<string> = rowOf("CLASS");
/** Never shown. */
export const password: RowOf<string> = rowOf("PASSWORD");
