import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/** What generated code shares: arrays, and the primitives as functions to hand to them. */

export function readArray<T>(reader: Reader, count: number, read: (reader: Reader) => T): T[] {
  const values: T[] = [];
  for (let i = 0; i < count; i++) values.push(read(reader));
  return values;
}

/** @param count -1 for null. */
export function readNullableArray<T>(
  reader: Reader,
  count: number,
  read: (reader: Reader) => T,
): T[] | null {
  return count < 0 ? null : readArray(reader, count, read);
}

export function writeArray<T>(
  writer: Writer,
  values: readonly T[] | null,
  write: (writer: Writer, value: T) => void,
): void {
  writer.arrayLength(values === null ? -1 : values.length);
  if (values !== null) for (const value of values) write(writer, value);
}

export function writeCompactArray<T>(
  writer: Writer,
  values: readonly T[] | null,
  write: (writer: Writer, value: T) => void,
): void {
  writer.compactArrayLength(values === null ? -1 : values.length);
  if (values !== null) for (const value of values) write(writer, value);
}

export const EMPTY_ARRAY: readonly never[] = [];

export const readInt8 = (reader: Reader): number => reader.int8();
export const readInt16 = (reader: Reader): number => reader.int16();
export const readInt32 = (reader: Reader): number => reader.int32();
export const readInt64 = (reader: Reader): number => reader.int64();
export const readString = (reader: Reader): string => reader.string();
export const readCompactString = (reader: Reader): string => reader.compactString();
export const readUuid = (reader: Reader): string => reader.uuid();

export const writeInt8 = (writer: Writer, value: number): void => writer.int8(value);
export const writeInt16 = (writer: Writer, value: number): void => writer.int16(value);
export const writeInt32 = (writer: Writer, value: number): void => writer.int32(value);
export const writeInt64 = (writer: Writer, value: number): void => writer.int64(value);
export const writeString = (writer: Writer, value: string): void => writer.string(value);
export const writeCompactString = (writer: Writer, value: string): void =>
  writer.compactString(value);
export const writeUuid = (writer: Writer, value: string): void => writer.uuid(value);

/** A struct that may be null, in its place: an int8 before it says which. */
export function writeNullable<T>(
  writer: Writer,
  value: T | null,
  write: (writer: Writer, value: T) => void,
): void {
  writer.int8(value === null ? -1 : 1);
  if (value !== null) write(writer, value);
}

/** The same inside a tagged field, where the mark is an unsigned varint. */
export function writeTaggedNullable<T>(
  writer: Writer,
  value: T | null,
  write: (writer: Writer, value: T) => void,
): void {
  writer.uvarint(value === null ? 0 : 1);
  if (value !== null) write(writer, value);
}
