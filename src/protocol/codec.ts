import { DecodeError, type Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

/**
 * One API as the generator writes it. A decoded message has every field of every version, those
 * that its version lacks with their defaults; an `Input` may leave out what has a default.
 */
export interface ApiCodec<Request, Response, RequestInput = Request, ResponseInput = Response> {
  readonly key: number;
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** First version with compact types and tagged fields; Infinity if there is none. */
  readonly flexibleFrom: number;
  decodeRequest(reader: Reader, version: number): Request;
  encodeRequest(writer: Writer, request: RequestInput, version: number): void;
  decodeResponse(reader: Reader, version: number): Response;
  encodeResponse(writer: Writer, response: ResponseInput, version: number): void;
}

/** A message that is no API's: half of an internal record, or data inside other messages. */
export interface MessageCodec<Message, MessageInput = Message> {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
  decode(reader: Reader, version: number): Message;
  encode(writer: Writer, message: MessageInput, version: number): void;
}

/** A record of an internal topic. Key and value begin with an int16: the type, and a version. */
export interface RecordCodec<Key, Value, KeyInput = Key, ValueInput = Value> {
  readonly type: number;
  readonly key: MessageCodec<Key, KeyInput>;
  readonly value: MessageCodec<Value, ValueInput>;
}

export function unsupportedVersion(name: string, version: number): DecodeError {
  return new DecodeError(`${name} has no version ${version}`);
}
