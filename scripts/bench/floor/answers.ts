import type { ApiCodec } from "../../../src/protocol/codec.ts";
import { apiVersions } from "../../../src/protocol/generated/api-versions.ts";
import { createTopics } from "../../../src/protocol/generated/create-topics.ts";
import { metadata } from "../../../src/protocol/generated/metadata.ts";
import {
  decodeRequestHeader,
  encodeResponseHeader,
  responseHeaderVersion,
} from "../../../src/protocol/header.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import { LENGTH_BYTES } from "./splitter.ts";

/** Later versions name topics by ids. */
const HIGHEST_BY_NAME = 9;
/** Of topics that nobody created. */
const PARTITIONS = 64;

/** A frame with a response in it, or what will be one. */
export type Answer = Buffer | Promise<Buffer>;

interface Api {
  readonly key: number;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly answer: (reader: Reader, version: number, correlationId: number) => Answer;
}

/** An API that is answered without a look at much of it. */
export function agreed<Request, Input>(
  codec: ApiCodec<Request, unknown, never, Input>,
  respond: (request: Request) => Input | Promise<Input>,
  maxVersion = HIGHEST_BY_NAME,
): Api {
  const { key, minVersion } = codec;
  const encode = (response: Input, version: number, correlationId: number): Buffer => {
    const writer = new Writer();
    encodeResponseHeader(writer, correlationId, responseHeaderVersion(key, version));
    codec.encodeResponse(writer, response, version);
    const body = writer.toBuffer();
    const answer = Buffer.allocUnsafeSlow(LENGTH_BYTES + body.length);
    answer.writeInt32BE(body.length);
    body.copy(answer, LENGTH_BYTES);
    return answer;
  };
  return {
    key,
    minVersion,
    maxVersion: Math.min(codec.maxVersion, maxVersion),
    answer(reader, version, correlationId) {
      const response = respond(codec.decodeRequest(reader, version));
      return response instanceof Promise
        ? response.then((late) => encode(late, version, correlationId))
        : encode(response, version, correlationId);
    },
  };
}

/** What both kinds of floor have in common: one broker, and topics of which nothing is kept. */
function common(port: number): Api[] {
  const counts = new Map<string, number>();
  return [
    agreed(metadata, ({ topics }) => ({
      brokers: [{ nodeId: 0, host: "127.0.0.1", port }],
      clusterId: "floor",
      controllerId: 0,
      topics: (topics ?? []).map(({ name }) => ({
        errorCode: 0,
        name,
        partitions: Array.from(
          { length: counts.get(name ?? "") ?? PARTITIONS },
          (_, partitionIndex) => ({
            errorCode: 0,
            partitionIndex,
            leaderId: 0,
            replicaNodes: [0],
            isrNodes: [0],
          }),
        ),
      })),
    })),
    agreed(createTopics, ({ topics }) => {
      for (const { name, numPartitions } of topics) counts.set(name, Math.max(1, numPartitions));
      return { topics: topics.map(({ name }) => ({ name, errorCode: 0, errorMessage: null })) };
    }),
  ];
}

/** Answers to whatever is asked. */
export class Answers {
  readonly #apis = new Map<number, Api>();

  constructor(port: number, apis: readonly Api[]) {
    for (const api of [...common(port), ...apis]) this.#apis.set(api.key, api);
    const versions = agreed(apiVersions, () => ({
      errorCode: 0,
      apiKeys: [...this.#apis.values()].map(({ key, minVersion, maxVersion }) => ({
        apiKey: key,
        minVersion,
        maxVersion,
      })),
    }));
    this.#apis.set(versions.key, versions);
  }

  to(frame: Buffer): Answer {
    const reader = new Reader(frame.subarray(LENGTH_BYTES));
    const { apiKey, apiVersion, correlationId } = decodeRequestHeader(reader);
    const api = this.#apis.get(apiKey);
    if (api === undefined) throw new Error(`no answer to requests of key ${apiKey}`);
    return api.answer(reader, apiVersion, correlationId);
  }
}
