import { ftruncateSync, openSync, writeSync, writevSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crc32c } from "@node-rs/crc32";
import type { ApiCodec } from "../../src/protocol/codec.ts";
import { apiVersions } from "../../src/protocol/generated/api-versions.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { deleteTopics } from "../../src/protocol/generated/delete-topics.ts";
import { listOffsets } from "../../src/protocol/generated/list-offsets.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import {
  decodeRequestHeader,
  encodeResponseHeader,
  responseHeaderVersion,
} from "../../src/protocol/header.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";

/*
 * What one thread of Node can do at most with the work of produce: it reads the same bytes in the best
 * way known here, appends them to one file, and answers. No broker's work: nothing is decoded but the
 * first request of each length, nothing is checked, kept in memory or found again. With --crc the one
 * thing is added that a broker can't leave out, the checksum over what came.
 */
const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "9092" },
    "data-dir": { type: "string", default: "." },
    crc: { type: "boolean", default: false },
  },
});

const READ_BUFFER_BYTES = 64 * 1024;
const LENGTH_BYTES = 4;
/** Up to here it takes less to copy requests together than to write each of them. */
const SMALL_BYTES = 16 * 1024;
const PARTITIONS = 64;

const file = openSync(join(flags["data-dir"], "floor"), "a");
const port = Number(flags.port);
const shared = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
/** Encoded answers to Produce, by the length of the request. */
const produced = new Map<number, Buffer>();
/** Small requests of this turn of the event loop, written with one call, and who waits for it. */
let waiting: Buffer[] = [];
let told: { readonly socket: Socket; readonly answer: Buffer }[] = [];

type Respond = (reader: Reader, writer: Writer, version: number) => void;

function agreed<Request, Input>(
  api: ApiCodec<Request, unknown, never, Input>,
  respond: (request: Request) => Input,
): [number, Respond] {
  return [
    api.key,
    (reader, writer, version) =>
      api.encodeResponse(writer, respond(api.decodeRequest(reader, version)), version),
  ];
}

/** Agrees to whatever is asked. */
const responds = new Map<number, Respond>([
  agreed(produce, ({ topicData }) => ({
    responses: topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index }) => ({
        index,
        errorCode: 0,
        baseOffset: 0,
      })),
    })),
  })),
  agreed(listOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({
        partitionIndex,
        errorCode: 0,
        offset: 0,
      })),
    })),
  })),
  agreed(metadata, ({ topics }) => ({
    brokers: [{ nodeId: 0, host: "127.0.0.1", port }],
    clusterId: "floor",
    controllerId: 0,
    topics: (topics ?? []).map(({ name }) => ({
      errorCode: 0,
      name,
      partitions: Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: 0,
        replicaNodes: [0],
        isrNodes: [0],
      })),
    })),
  })),
  agreed(apiVersions, () => ({
    errorCode: 0,
    apiKeys: [produce, listOffsets, metadata, apiVersions, createTopics, deleteTopics].map(
      (api) => ({
        apiKey: api.key,
        minVersion: api.minVersion,
        maxVersion: Math.min(api.maxVersion, 9),
      }),
    ),
  })),
  agreed(createTopics, ({ topics }) => ({
    topics: topics.map(({ name }) => ({ name, errorCode: 0, errorMessage: null })),
  })),
  agreed(deleteTopics, ({ topicNames }) => {
    // As a broker does: what nobody can read is not written out.
    ftruncateSync(file);
    return { responses: topicNames.map((name) => ({ name, errorCode: 0 })) };
  }),
]);

function answerTo(frame: Buffer): Buffer {
  const known = produced.get(frame.length);
  const isProduce = frame.readInt16BE(LENGTH_BYTES) === produce.key;
  if (known !== undefined && isProduce) {
    const answer = Buffer.from(known);
    frame.copy(answer, LENGTH_BYTES, 8, 12);
    return answer;
  }
  const reader = new Reader(frame.subarray(LENGTH_BYTES));
  const { apiKey, apiVersion, correlationId } = decodeRequestHeader(reader);
  const writer = new Writer();
  encodeResponseHeader(writer, correlationId, responseHeaderVersion(apiKey, apiVersion));
  const respond = responds.get(apiKey);
  if (respond === undefined) throw new Error(`no answer to requests of key ${apiKey}`);
  respond(reader, writer, apiVersion);
  const body = writer.toBuffer();
  const answer = Buffer.allocUnsafeSlow(LENGTH_BYTES + body.length);
  answer.writeInt32BE(body.length);
  body.copy(answer, LENGTH_BYTES);
  if (isProduce) produced.set(frame.length, answer);
  return answer;
}

function writeWaiting(): void {
  writevSync(file, waiting);
  for (const { socket, answer } of told) socket.write(answer);
  waiting = [];
  told = [];
}

/** A whole frame, in memory that is used again. */
function take(socket: Socket, frame: Buffer): void {
  const answer = answerTo(frame);
  if (frame.readInt16BE(LENGTH_BYTES) !== produce.key) {
    socket.write(answer);
  } else if (frame.length > SMALL_BYTES) {
    writeSync(file, frame);
    socket.write(answer);
  } else {
    if (flags.crc) crc32c(frame);
    if (waiting.length === 0) setImmediate(writeWaiting);
    waiting.push(Buffer.from(frame));
    told.push({ socket, answer });
  }
}

/** Splits what one connection sends: a frame that does not come whole is collected in one buffer. */
class Splitter {
  readonly #socket: Socket;
  #frame = Buffer.alloc(0);
  #filled = 0;
  #wanted = 0;
  #crc = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  push(count: number): true {
    for (let at = 0; at < count; )
      at = this.#filled === 0 ? this.#begin(at, count) : this.#go(at, count);
    return true;
  }

  #begin(at: number, count: number): number {
    this.#crc = 0;
    if (count - at < LENGTH_BYTES) {
      this.#want(LENGTH_BYTES);
      return this.#go(at, count);
    }
    const bytes = LENGTH_BYTES + shared.readInt32BE(at);
    const end = at + bytes;
    if (end <= count) {
      take(this.#socket, shared.subarray(at, end));
      return end;
    }
    this.#want(bytes);
    return this.#go(at, count);
  }

  #want(bytes: number): void {
    this.#wanted = bytes;
    if (this.#frame.length >= bytes) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.#frame.copy(larger, 0, 0, this.#filled);
    this.#frame = larger;
  }

  #go(at: number, count: number): number {
    const end = Math.min(count, at + this.#wanted - this.#filled);
    if (flags.crc) this.#crc = crc32c(shared.subarray(at, end), this.#crc);
    this.#filled += shared.copy(this.#frame, this.#filled, at, end);
    if (this.#filled < this.#wanted) return end;
    if (this.#wanted === LENGTH_BYTES) {
      this.#want(LENGTH_BYTES + this.#frame.readInt32BE(0));
      return end;
    }
    this.#filled = 0;
    take(this.#socket, this.#frame.subarray(0, this.#wanted));
    return end;
  }
}

createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
  // As the broker does it (src/server/read-into.ts): all connections are read into one buffer.
  const internals = accepted as unknown as { _handle: object | null };
  let splitter: Splitter | undefined;
  const socket = new Socket({
    handle: internals._handle,
    readable: true,
    writable: true,
    onread: { buffer: shared, callback: (count: number) => splitter?.push(count) ?? true },
  } as ConstructorParameters<typeof Socket>[0]);
  internals._handle = null;
  splitter = new Splitter(socket);
  socket.on("error", () => socket.destroy());
  socket.resume();
}).listen(port, "127.0.0.1");
