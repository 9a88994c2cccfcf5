import { ErrorCode, errorName, isRetriable, KafkaError } from "../protocol/errors.ts";
import type { Clock } from "../time/clock.ts";

export interface RetryLimits {
  readonly clock: Clock;
  /** Nothing is begun again after this many milliseconds. */
  readonly timeoutMs: number;
}

const BACKOFF_MS = 100;
const BACKOFF_MAX_MS = 1000;

/** Refusals that say "not yet" of things that may well never be: the caller decides about those. */
const mayLast: ReadonlySet<number> = new Set([
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.CORRUPT_MESSAGE,
  ErrorCode.ELECTION_NOT_NEEDED,
  ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
  ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
  ErrorCode.THROTTLING_QUOTA_EXCEEDED,
]);

/** Tried until their time was over: whoever retries the work around them had the same time. */
const spent = new WeakSet<object>();

/** Does it again after what goes away by itself: another leader, a coordinator that still loads. */
export async function retrying<Value>(
  limits: RetryLimits,
  work: () => Promise<Value>,
): Promise<Value> {
  const deadline = limits.clock.monotonicMs() + limits.timeoutMs;
  for (let backoffMs = BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, BACKOFF_MAX_MS)) {
    try {
      return await work();
    } catch (error) {
      const isOver = limits.clock.monotonicMs() + backoffMs > deadline;
      if (!isPassing(error) || spent.has(error)) throw error;
      if (isOver) {
        spent.add(error);
        throw error;
      }
      await pause(limits.clock, backoffMs);
    }
  }
}

function isPassing(error: unknown): error is KafkaError {
  return error instanceof KafkaError && isRetriable(error.code) && !mayLast.has(error.code);
}

export function pause(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.schedule(delayMs, resolve));
}

/** What an answer says of one thing. */
export interface Outcome {
  readonly errorCode: number;
  readonly errorMessage?: string | null;
}

/** @throws KafkaError with the broker's own words, or the name of the code where it has none. */
export function refuseErrors(outcome: Outcome, about?: string): void {
  if (outcome.errorCode !== ErrorCode.NONE) throw errorOf(outcome, about);
}

export function errorOf({ errorCode, errorMessage }: Outcome, about?: string): KafkaError {
  const words = errorMessage || `${errorName(errorCode)}${about === undefined ? "" : `: ${about}`}`;
  return new KafkaError(errorCode as ErrorCode, words);
}
