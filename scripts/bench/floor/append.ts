import { ftruncateSync, openSync, writeSync, writevSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crc32c } from "@node-rs/crc32";
import { deleteTopics } from "../../../src/protocol/generated/delete-topics.ts";
import { listOffsets } from "../../../src/protocol/generated/list-offsets.ts";
import { produce } from "../../../src/protocol/generated/produce.ts";
import { Answers, agreed } from "./answers.ts";
import { LENGTH_BYTES, listen } from "./splitter.ts";

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

/** Up to here it takes less to copy requests together than to write each of them. */
const SMALL_BYTES = 16 * 1024;
/** Requests that name topics. */
const HIGHEST_DELETE = 5;

const file = openSync(join(flags["data-dir"], "floor"), "a");
const port = Number(flags.port);
/** Encoded answers to Produce, by the length of the request. */
const produced = new Map<number, Buffer>();
/** Small requests of this turn of the event loop, written with one call, and who waits for it. */
let waiting: Buffer[] = [];
let told: { readonly socket: Socket; readonly answer: Buffer }[] = [];

const answers = new Answers(port, [
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
  agreed(
    deleteTopics,
    ({ topicNames }) => {
      // As a broker does: what nobody can read is not written out.
      ftruncateSync(file);
      return { responses: topicNames.map((name) => ({ name, errorCode: 0 })) };
    },
    HIGHEST_DELETE,
  ),
]);

function answerTo(frame: Buffer, isProduce: boolean): Buffer {
  const known = isProduce ? produced.get(frame.length) : undefined;
  if (known !== undefined) {
    const answer = Buffer.from(known);
    frame.copy(answer, LENGTH_BYTES, 8, 12);
    return answer;
  }
  const answer = answers.to(frame) as Buffer;
  if (isProduce) produced.set(frame.length, answer);
  return answer;
}

function writeWaiting(): void {
  writevSync(file, waiting);
  for (const { socket, answer } of told) socket.write(answer);
  waiting = [];
  told = [];
}

function take(socket: Socket, frame: Buffer): void {
  const isProduce = frame.readInt16BE(LENGTH_BYTES) === produce.key;
  const answer = answerTo(frame, isProduce);
  if (!isProduce) {
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

listen(port, take, flags.crc);
