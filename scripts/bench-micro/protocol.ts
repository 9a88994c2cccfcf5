import type { ApiCodec } from "../../src/protocol/codec.ts";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { offsetCommit } from "../../src/protocol/generated/offset-commit.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { repeated } from "./measure.ts";

/** What the generated codecs can do: `tsx scripts/bench-micro/protocol.ts`. */
const topicId = "AAAAAQAAQACAAAAAAAAAAQ";

function produceOf(partitions: number, bytes: number) {
  const partitionData = Array.from({ length: partitions }, (_, index) => ({
    index,
    records: Buffer.alloc(bytes),
  }));
  return { acks: -1, timeoutMs: 1000, topicData: [{ name: "bench", topicId, partitionData }] };
}

function fetchOf(partitions: number) {
  return {
    maxWaitMs: 500,
    minBytes: 1,
    topics: [
      {
        topicId,
        partitions: Array.from({ length: partitions }, (_, partition) => ({
          partition,
          fetchOffset: 1_000_000 + partition,
          partitionMaxBytes: 1024 * 1024,
        })),
      },
    ],
    forgottenTopicsData: [],
  };
}

function metadataOf(topics: number) {
  return {
    brokers: [{ nodeId: 1, host: "localhost", port: 9092 }],
    topics: Array.from({ length: topics }, (_, n) => ({
      errorCode: 0,
      name: `topic-${n}`,
      topicId,
      partitions: Array.from({ length: 12 }, (__, partitionIndex) => ({
        errorCode: 0,
        partitionIndex,
        leaderId: 1,
        replicaNodes: [1],
        isrNodes: [1],
        offlineReplicas: [],
      })),
    })),
  };
}

function commitOf(partitions: number) {
  return {
    groupId: "group",
    topics: [
      {
        name: "bench",
        partitions: Array.from({ length: partitions }, (_, partitionIndex) => ({
          partitionIndex,
          committedOffset: 42,
          committedMetadata: "",
        })),
      },
    ],
  };
}

async function requests<Input>(
  name: string,
  api: ApiCodec<unknown, unknown, Input, never>,
  version: number,
  request: Input,
): Promise<void> {
  const writer = new Writer();
  api.encodeRequest(writer, request, version);
  const bytes = writer.toBuffer();
  const work = { count: Math.ceil(2e7 / (bytes.length + 1000)), bytesEach: bytes.length };
  await repeated(`decode ${name}`, work, () => api.decodeRequest(new Reader(bytes), version));
}

async function answers<Input>(
  name: string,
  api: ApiCodec<unknown, unknown, never, Input>,
  version: number,
  response: Input,
): Promise<void> {
  const encode = () => {
    const writer = new Writer();
    api.encodeResponse(writer, response, version);
    return writer;
  };
  const bytesEach = encode().byteLength;
  await repeated(
    `encode ${name}`,
    { count: Math.ceil(2e7 / (bytesEach + 1000)), bytesEach },
    encode,
  );
}

await requests("Produce v9, 1 partition of 100 B", produce, 9, produceOf(1, 100));
await requests("Produce v9, 12 partitions of 85 kB", produce, 9, produceOf(12, 85_000));
await requests("Fetch v13, 12 partitions", fetch, 13, fetchOf(12));
await requests("OffsetCommit v8, 100 partitions", offsetCommit, 8, commitOf(100));
await answers("Metadata v12, 1 topic", metadata, 12, metadataOf(1));
await answers("Metadata v12, 1,000 topics", metadata, 12, metadataOf(1000));
