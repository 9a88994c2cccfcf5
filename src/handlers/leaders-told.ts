import { ErrorCode } from "../protocol/errors.ts";
import type { RequestContext, Services } from "./handler.ts";

/** First version of Fetch that tells where else to go (KIP-951). */
const SINCE_VERSION = 16;

/**
 * The leaders that an answer names because the client asked the wrong broker, or one that leads in
 * another epoch than it thought: so it need not ask for metadata first (KIP-951).
 */
export class LeadersTold {
  readonly #context: RequestContext;
  readonly #services: Services;
  #ids: Set<number> | undefined;

  constructor(call: { readonly context: RequestContext; readonly services: Services }) {
    this.#context = call.context;
    this.#services = call.services;
  }

  /** Undefined where the error has nothing to do with leadership. */
  tell(
    { topic, index }: { readonly topic: string; readonly index: number },
    errorCode: ErrorCode,
  ): { readonly leaderId: number; readonly leaderEpoch: number } | undefined {
    const isAboutLeaders =
      errorCode === ErrorCode.NOT_LEADER_OR_FOLLOWER || errorCode === ErrorCode.FENCED_LEADER_EPOCH;
    if (!isAboutLeaders || this.#context.version < SINCE_VERSION) return undefined;
    const partition = this.#services.image().topicById(topic)?.partitions[index];
    if (partition === undefined) return undefined;
    this.#ids ??= new Set();
    this.#ids.add(partition.leader);
    return { leaderId: partition.leader, leaderEpoch: partition.leaderEpoch };
  }

  /** Where those leaders are reached. */
  endpoints(): { nodeId: number; host: string; port: number; rack: string | null }[] | undefined {
    if (this.#ids === undefined) return undefined;
    const image = this.#services.image();
    return [...this.#ids].flatMap((nodeId) => {
      const endpoint = image.endpoint(nodeId, this.#context.listenerName);
      if (endpoint === undefined) return [];
      const { host, port } = endpoint;
      return [{ nodeId, host, port, rack: image.brokers.get(nodeId)?.rack ?? null }];
    });
  }
}
