import { describe, expect, test } from "vitest";
import { errorOf, retrying } from "../../src/client/retries.ts";
import { ErrorCode, KafkaError } from "../../src/protocol/errors.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

/** Turns the clock until the work is done. */
async function settled<Value>(clock: ManualClock, work: Promise<Value>): Promise<Value> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  done.catch(() => {});
  while (!isDone) {
    await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(50);
  }
  return done;
}

describe("what is done again", () => {
  test("is what goes away by itself, until it has gone", async () => {
    const clock = new ManualClock();
    let asked = 0;
    const work = async () => {
      if (++asked < 5) throw new KafkaError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, "loading");
      return "there";
    };

    expect(await settled(clock, retrying({ clock, timeoutMs: 60_000 }, work))).toBe("there");
    expect(asked).toBe(5);
  });

  test("is given up once its time is over, with the last error", async () => {
    const clock = new ManualClock();
    const began = clock.monotonicMs();
    const work = () => Promise.reject(new KafkaError(ErrorCode.NOT_COORDINATOR, "elsewhere"));

    await expect(settled(clock, retrying({ clock, timeoutMs: 3000 }, work))).rejects.toThrow(
      "elsewhere",
    );
    expect(clock.monotonicMs() - began).toBeGreaterThan(1500);
    expect(clock.monotonicMs() - began).toBeLessThan(3500);
  });

  test("is not begun anew by who retries around it: both had the same time", async () => {
    const clock = new ManualClock();
    const began = clock.monotonicMs();
    const limits = { clock, timeoutMs: 3000 };
    const refused = new KafkaError(ErrorCode.NETWORK_EXCEPTION, "nobody is there");
    const work = () => retrying(limits, () => Promise.reject(refused));

    await expect(settled(clock, retrying(limits, work))).rejects.toBe(refused);
    expect(clock.monotonicMs() - began).toBeLessThan(3500);
  });

  test("is not what may never come, nor what is no error of Kafka's", async () => {
    const clock = new ManualClock();
    for (const error of [
      new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, "no such topic"),
      new KafkaError(ErrorCode.INVALID_CONFIG, "wrong"),
      new TypeError("a bug"),
    ]) {
      let asked = 0;
      const work = () => {
        asked++;
        return Promise.reject(error);
      };
      await expect(retrying({ clock, timeoutMs: 60_000 }, work)).rejects.toBe(error);
      expect(asked).toBe(1);
    }
  });
});

test("an error says what the broker said, or else its code and what it is about", () => {
  const errorCode = ErrorCode.INVALID_PARTITIONS;

  expect(errorOf({ errorCode, errorMessage: "too many" }, "orders").message).toBe("too many");
  expect(errorOf({ errorCode }, "orders").message).toBe("INVALID_PARTITIONS: orders");
});
