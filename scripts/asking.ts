import { connect, type Socket } from "node:net";
import type { ApiCodec } from "../src/protocol/codec.ts";
import {
  decodeResponseHeader,
  encodeRequestHeader,
  responseHeaderVersion,
} from "../src/protocol/header.ts";
import { Reader } from "../src/protocol/reader.ts";
import { Writer } from "../src/protocol/writer.ts";

/** Sends one request and reads its answer. */
export type Ask = <Response, RequestInput>(
  api: ApiCodec<unknown, Response, RequestInput, never>,
  version: number,
  request: RequestInput,
) => Promise<Response>;

/** A client of one connection, for as long as it is used. */
export async function asking<T>(port: number, use: (ask: Ask) => Promise<T>): Promise<T> {
  const socket = connect(port, "127.0.0.1");
  try {
    return await use(async (api, version, request) => {
      const writer = new Writer();
      const { key: apiKey } = api;
      encodeRequestHeader(writer, {
        apiKey,
        apiVersion: version,
        correlationId: 1,
        clientId: "odradek-scripts",
      });
      api.encodeRequest(writer, request, version);
      const body = writer.toBuffer();
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      socket.write(Buffer.concat([length, body]));
      const reader = new Reader(await frameFrom(socket));
      decodeResponseHeader(reader, responseHeaderVersion(apiKey, version));
      return api.decodeResponse(reader, version);
    });
  } finally {
    socket.destroy();
  }
}

function frameFrom(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const settle = (done: () => void) => {
      socket.off("data", take).off("error", reject).off("close", closed);
      done();
    };
    const closed = () => settle(() => reject(new Error("the broker closed the connection")));
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE()) return;
      settle(() => resolve(bytes.subarray(4)));
    };
    socket.on("data", take).on("error", reject).on("close", closed);
  });
}
