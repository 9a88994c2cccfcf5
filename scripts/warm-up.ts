import fs from "node:fs";
import { connect } from "node:net";
import { COMPILED_SUFFIX, loadProgram } from "../src/cli/program.ts";
import type { ApiCodec } from "../src/protocol/codec.ts";
import { apiVersions } from "../src/protocol/generated/api-versions.ts";
import { initProducerId } from "../src/protocol/generated/init-producer-id.ts";
import { metadata } from "../src/protocol/generated/metadata.ts";
import { produce } from "../src/protocol/generated/produce.ts";
import {
  decodeResponseHeader,
  encodeRequestHeader,
  responseHeaderVersion,
} from "../src/protocol/header.ts";
import { Reader } from "../src/protocol/reader.ts";
import { Writer } from "../src/protocol/writer.ts";
import { buildBatch } from "../src/records/records.ts";

/*
 * Runs the built program to its first acknowledged record, and keeps what V8 compiled on the way:
 * functions that a start needs are then not compiled at every start.
 * Run with plain Node, without flags: V8 takes only what was compiled under the same ones.
 */

const STDOUT = 1;

/** Sends one request and reads its answer. */
type Ask = <Response, RequestInput>(
  api: ApiCodec<unknown, Response, RequestInput, never>,
  version: number,
  request: RequestInput,
) => Promise<Response>;

async function asking<T>(port: number, use: (ask: Ask) => Promise<T>): Promise<T> {
  const socket = connect(port, "127.0.0.1");
  try {
    return await use(async (api, version, request) => {
      const writer = new Writer();
      const { key: apiKey } = api;
      encodeRequestHeader(writer, {
        apiKey,
        apiVersion: version,
        correlationId: 1,
        clientId: "warm-up",
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

function frameFrom(socket: ReturnType<typeof connect>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0);
    const take = (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      if (bytes.length < 4 || bytes.length < 4 + bytes.readInt32BE()) return;
      socket.off("data", take);
      resolve(bytes.subarray(4));
    };
    socket.on("data", take);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("the broker closed the connection")));
  });
}

async function firstRecord(port: number): Promise<void> {
  await asking(port, async (ask) => {
    const name = "warm-up";
    await ask(apiVersions, 4, { clientSoftwareName: "warm-up", clientSoftwareVersion: "1" });
    const { topics } = await ask(metadata, 12, {
      topics: [{ name }],
      allowAutoTopicCreation: true,
    });
    await ask(initProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 });
    const records = buildBatch({
      records: [{ key: null, value: Buffer.from("first") }],
      timestamp: Date.now(),
    });
    const topicData = [
      { name, topicId: topics[0]?.topicId, partitionData: [{ index: 0, records }] },
    ];
    for (const version of [9, 13]) {
      await ask(produce, version, { acks: -1, timeoutMs: 1000, topicData });
    }
  });
}

const [file = ""] = process.argv.slice(2);
const { script, run } = loadProgram(file);
const writeSync = fs.writeSync;
// The program says on its standard output where it listens.
fs.writeSync = ((descriptor: number, text: string) => {
  if (descriptor !== STDOUT) return writeSync(descriptor, text);
  const port = Number(text.trim().split(":").at(-1));
  firstRecord(port).then(
    () => {
      fs.writeFileSync(file + COMPILED_SUFFIX, script.createCachedData());
      process.exit(0);
    },
    (error: unknown) => {
      process.stderr.write(`${error}\n`);
      process.exit(1);
    },
  );
  return text.length;
}) as typeof fs.writeSync;
process.argv = [process.execPath, file, "--port", "0", "--ephemeral", "--log-level", "silent"];
run();
