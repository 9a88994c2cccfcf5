import type { ApiCodec } from "../../src/protocol/codec.ts";
import {
  decodeResponseHeader,
  encodeRequestHeader,
  responseHeaderVersion,
} from "../../src/protocol/header.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import type { Logger } from "../../src/telemetry/logger.ts";
import { Connection } from "../replay/connection.ts";

const ANSWER_TIMEOUT_MS = 10_000;

/** One request as a client sends it, its length first. */
export function requestFrame<Input>(
  api: ApiCodec<unknown, unknown, Input>,
  version: number,
  body: Input,
  { correlationId = 1, clientId = "scenario" as string | null } = {},
): Buffer {
  const writer = new Writer();
  encodeRequestHeader(writer, { apiKey: api.key, apiVersion: version, correlationId, clientId });
  api.encodeRequest(writer, body, version);
  return framed(writer.toBuffer());
}

/** Bytes behind their length. */
export function framed(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A client that says what it is told to, right or wrong. */
export class RawClient {
  readonly connection: Connection;

  private constructor(connection: Connection) {
    this.connection = connection;
  }

  static async open(port: number): Promise<RawClient> {
    return new RawClient(await Connection.open("127.0.0.1", port));
  }

  /** The answer, decoded; an error if there is none. */
  async ask<Response, Input>(
    api: ApiCodec<unknown, Response, Input>,
    version: number,
    body: Input,
  ): Promise<Response> {
    this.connection.send(requestFrame(api, version, body));
    return this.answerTo(api, version);
  }

  /** The next answer, to a request that was sent before. One at a time. */
  async answerTo<Response>(
    api: ApiCodec<unknown, Response, never>,
    version: number,
  ): Promise<Response> {
    const outcome = await this.connection.receive(ANSWER_TIMEOUT_MS);
    if (!Buffer.isBuffer(outcome)) throw new Error(`${api.name} was answered by ${outcome}`);
    const reader = new Reader(outcome.subarray(4));
    decodeResponseHeader(reader, responseHeaderVersion(api.key, version));
    return api.decodeResponse(reader, version);
  }

  close(): void {
    this.connection.close();
  }
}

/** Sends bytes on a connection of their own. Says what came of it. */
export async function outcomeOf(port: number, bytes: Buffer, timeoutMs = 2000) {
  const connection = await Connection.open("127.0.0.1", port);
  connection.send(bytes);
  const outcome = await connection.receive(timeoutMs);
  connection.close();
  return Buffer.isBuffer(outcome) ? "answered" : outcome;
}

/** A log that is kept: what a user would read. */
export class KeptLog implements Logger {
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  debug(): void {}
  info(): void {}
  warn(message: string): void {
    this.warnings.push(message);
  }
  error(message: string): void {
    this.errors.push(message);
  }
}
