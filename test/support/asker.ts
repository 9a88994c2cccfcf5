import type { ApiCodec } from "../../src/protocol/codec.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { Connection } from "../replay/connection.ts";

const ANSWER_MS = 60_000;

/** A client with an id of its own that sends one request after the other, as fast as it is answered. */
export class Asker {
  readonly #connection: Connection;
  readonly #clientId: Buffer;
  #correlationId = 0;

  private constructor(connection: Connection, clientId: string) {
    this.#connection = connection;
    this.#clientId = Buffer.from(clientId);
  }

  static async open(host: string, port: number, clientId: string): Promise<Asker> {
    return new Asker(await Connection.open(host, port), clientId);
  }

  async ask<Response, RequestInput>(
    api: ApiCodec<unknown, Response, RequestInput, never>,
    version: number,
    request: RequestInput,
  ): Promise<Response> {
    this.tell(api, version, request);
    const answer = await this.#connection.receive(ANSWER_MS);
    if (typeof answer === "string") throw new Error(`${api.name}: ${answer}`);
    const hasTags = version >= api.flexibleFrom && api.name !== "ApiVersions";
    return api.decodeResponse(new Reader(answer, hasTags ? 9 : 8), version);
  }

  /** Sends what wants no answer. */
  tell<RequestInput>(
    api: ApiCodec<unknown, unknown, RequestInput, never>,
    version: number,
    request: RequestInput,
  ): void {
    const isFlexible = version >= api.flexibleFrom;
    const writer = new Writer();
    api.encodeRequest(writer, request, version);
    const body = writer.toBuffer();
    const header = Buffer.alloc(14);
    header.writeInt16BE(api.key, 4);
    header.writeInt16BE(version, 6);
    this.#correlationId += 1;
    header.writeInt32BE(this.#correlationId, 8);
    header.writeInt16BE(this.#clientId.length, 12);
    const rest = isFlexible ? [Buffer.alloc(1), body] : [body];
    const frame = Buffer.concat([header, this.#clientId, ...rest]);
    frame.writeInt32BE(frame.length - 4, 0);
    this.#connection.send(frame);
  }

  close(): void {
    this.#connection.close();
  }
}
