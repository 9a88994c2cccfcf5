import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Clock } from "../time/clock.ts";

/**
 * The outcome of `work`, if it is there before the client's patience ends. The work goes on
 * nevertheless: what was begun cannot be taken back.
 *
 * @param timeoutMs 0 or less: nothing is begun, as in Kafka, where such a request is late on arrival.
 * @throws KafkaError REQUEST_TIMED_OUT
 */
export async function beforeDeadline<Result>(
  clock: Clock,
  timeoutMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  if (timeoutMs <= 0) throw timedOut();
  return new Promise<Result>((resolve, reject) => {
    const timer = clock.schedule(timeoutMs, () => reject(timedOut()));
    work()
      .finally(() => timer.cancel())
      .then(resolve, reject);
  });
}

function timedOut(): KafkaError {
  return new KafkaError(ErrorCode.REQUEST_TIMED_OUT, "");
}
