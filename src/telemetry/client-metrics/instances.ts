import { ErrorCode } from "../../protocol/errors.ts";
import type { Lifetime } from "../../time/lifetime.ts";
import type { ClientAttributes, Requested } from "./subscriptions.ts";

/** One client that asks what to push: Kafka's ClientMetricsInstance. Times are monotonic. */
export interface ClientInstance {
  readonly id: string;
  readonly attributes: ClientAttributes;
  readonly requested: Requested;
  readonly subscriptionId: number;
  /** Which state of the subscriptions it was told. */
  readonly version: number;
  usedMs: number;
  lastGetMs: number;
  lastPushMs: number;
  isTerminating: boolean;
  lastError: ErrorCode;
}

/** As many as Kafka remembers. */
const INSTANCES_MAX = 16_384;
/** Of what clients say of themselves: names may be as long as they like. */
const CHARACTERS_MAX = 8 * 1024 * 1024;
const UNUSED_MAX_MS = 60_000;
const NEVER = Number.NEGATIVE_INFINITY;
/** Errors after which a client asks anew at once, and is to be told. */
const ASKS_ANEW: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ErrorCode.UNKNOWN_SUBSCRIPTION_ID,
  ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
]);

/** The clients that were told what to push, until they leave or are not heard of any more. */
export class ClientInstances {
  /** The longest unused first. */
  readonly #instances = new Map<string, ClientInstance>();
  readonly #leaving = new Map<Lifetime, string>();
  #characters = 0;

  /** One that was told another state of the subscriptions is as good as none. */
  find(id: string, version: number, nowMs: number): ClientInstance | undefined {
    const instance = this.#instances.get(id);
    if (instance === undefined) return undefined;
    const unusedMs = Math.max(UNUSED_MAX_MS, instance.requested.intervalMs * 3);
    if (instance.version !== version || nowMs - instance.usedMs >= unusedMs) return undefined;
    instance.usedMs = nowMs;
    this.#instances.delete(id);
    this.#instances.set(id, instance);
    return instance;
  }

  add(
    made: Pick<
      ClientInstance,
      "id" | "attributes" | "requested" | "subscriptionId" | "version" | "usedMs"
    >,
    connection: Lifetime,
  ): ClientInstance {
    const instance: ClientInstance = {
      ...made,
      lastGetMs: NEVER,
      lastPushMs: NEVER,
      isTerminating: false,
      lastError: ErrorCode.NONE,
    };
    this.#remove(made.id);
    this.#instances.set(made.id, instance);
    this.#characters += lengthOf(instance);
    for (const id of this.#instances.keys()) {
      const isTooMany = this.#instances.size > INSTANCES_MAX || this.#characters > CHARACTERS_MAX;
      if (!isTooMany || id === made.id) break;
      this.#remove(id);
    }
    this.#goesWith(connection, made.id);
    return instance;
  }

  #goesWith(connection: Lifetime, id: string): void {
    const isNew = !this.#leaving.has(connection);
    this.#leaving.set(connection, id);
    if (!isNew) return;
    connection.onEnd(() => {
      const gone = this.#leaving.get(connection);
      this.#leaving.delete(connection);
      if (gone !== undefined) this.#remove(gone);
    });
  }

  #remove(id: string): void {
    const instance = this.#instances.get(id);
    if (instance === undefined) return;
    this.#instances.delete(id);
    this.#characters -= lengthOf(instance);
  }
}

function lengthOf({ attributes }: ClientInstance): number {
  let length = 0;
  for (const [name, text] of attributes) length += name.length + text.length;
  return length;
}

/** Whether a client may ask now: once in an interval, or when its last push told it to. */
export function mayGet(instance: ClientInstance, nowMs: number): boolean {
  const { lastGetMs, lastPushMs, requested, lastError } = instance;
  if (nowMs - Math.max(lastGetMs, lastPushMs) >= requested.intervalMs) {
    instance.lastGetMs = nowMs;
    return true;
  }
  return ASKS_ANEW.has(lastError);
}

/** Whether a client may push now: once in an interval, and at once after it asked. */
export function mayPush(instance: ClientInstance, nowMs: number): boolean {
  const { lastGetMs, lastPushMs, requested } = instance;
  if (lastGetMs <= lastPushMs && nowMs - lastPushMs < requested.intervalMs) return false;
  instance.lastPushMs = nowMs;
  return true;
}
