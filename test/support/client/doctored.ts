import { ClusterClient } from "../../../src/client/cluster-client.ts";
import type { AskedApi, AskOptions } from "../../../src/client/connection.ts";
import {
  type FetchResponse,
  fetch,
  type PartitionData,
} from "../../../src/protocol/generated/fetch.ts";
import type { MetadataResponse } from "../../../src/protocol/generated/metadata.ts";
import { SystemClock } from "../../../src/time/system-clock.ts";

/** What other brokers would answer than the one that a test has. */
export interface Doctoring {
  /** What is fetched of a partition instead. */
  readonly answered?: (topic: string, data: PartitionData) => PartitionData;
  /** A topic that another broker leads, which cannot be reached, for so many looks. */
  readonly led?: { readonly by: number; readonly topic: string; times: number };
  readonly warn?: (sentence: string) => void;
}

/** A client of a broker that hears some answers otherwise than the broker gave them. */
export class DoctoredClient extends ClusterClient {
  readonly #doctoring: Doctoring;

  constructor(port: number, doctoring: Doctoring) {
    super({
      bootstrap: [{ host: "127.0.0.1", port }],
      clientId: "test",
      requestTimeoutMs: 30_000,
      apiTimeoutMs: 3000,
      clock: new SystemClock(),
      ...(doctoring.warn === undefined ? {} : { warn: doctoring.warn }),
    });
    this.#doctoring = doctoring;
  }

  override async metadata(
    topics: readonly string[] | null,
    how?: { readonly create?: boolean },
  ): Promise<MetadataResponse> {
    const answer = await super.metadata(topics, how);
    const { led } = this.#doctoring;
    if (led === undefined || led.times <= 0 || !topics?.includes(led.topic)) return answer;
    led.times--;
    const moved = answer.topics.map((topic) => {
      if (topic.name !== led.topic) return topic;
      const partitions = topic.partitions.map((at) => ({ ...at, leaderId: led.by }));
      return { ...topic, partitions };
    });
    return { ...answer, topics: moved };
  }

  override async node<Response, Request>(
    nodeId: number,
    api: AskedApi<Response, Request>,
    question: readonly [Request, AskOptions?],
  ): Promise<Response> {
    const answer = await super.node(nodeId, api, question);
    const { answered } = this.#doctoring;
    if (answered === undefined || api.name !== fetch.name) return answer;
    const fetched = answer as FetchResponse;
    const responses = fetched.responses.map((topic) => ({
      ...topic,
      partitions: topic.partitions.map((data) => answered(topic.topic, data)),
    }));
    return { ...fetched, responses } as Response;
  }
}
