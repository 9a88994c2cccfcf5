/** A message of the protocol as its spec describes it. */

/** Versions from..to, both included. */
export interface Versions {
  readonly from: number;
  readonly to: number;
}

export type FieldType =
  | { readonly kind: "primitive"; readonly name: Primitive }
  | { readonly kind: "array"; readonly element: FieldType }
  | { readonly kind: "struct"; readonly name: string };

export const primitives = [
  "bool",
  "int8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "int64 wide",
  "float64",
  "uuid",
  "string",
  "bytes",
  "records",
] as const;
export type Primitive = (typeof primitives)[number];

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly versions: Versions;
  /** The field is in the tagged section, under this number. */
  readonly tag: number | undefined;
  readonly nullable: Versions | undefined;
  /** As the spec writes it. */
  readonly default: string | undefined;
  readonly ignorable: boolean;
  /** Keeps the old form in flexible versions (the client id of a request header). */
  readonly inflexible: boolean;
}

export interface Message {
  readonly name: string;
  readonly versions: Versions;
  /** First flexible version; Infinity if there is none. */
  readonly flexibleFrom: number;
  readonly fields: readonly Field[];
  /** Every struct of the message by name, in the order in which the spec mentions them. */
  readonly structs: ReadonlyMap<string, readonly Field[]>;
}

export interface ApiSpec {
  readonly kind: "api";
  readonly file: string;
  readonly description: string;
  readonly key: number;
  readonly name: string;
  readonly advertised: Versions | undefined;
  readonly request: Message;
  readonly response: Message;
}

export interface RecordSpec {
  readonly kind: "record";
  readonly file: string;
  readonly description: string;
  readonly type: number;
  readonly name: string;
  readonly key: Message;
  readonly value: Message;
}

export interface DataSpec {
  readonly kind: "data";
  readonly file: string;
  readonly description: string;
  readonly messages: readonly Message[];
}

export type Spec = ApiSpec | RecordSpec | DataSpec;

export function includes({ from, to }: Versions, version: number): boolean {
  return version >= from && version <= to;
}
