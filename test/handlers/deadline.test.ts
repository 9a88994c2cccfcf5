import { expect, test } from "vitest";
import { beforeDeadline } from "../../src/handlers/deadline.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

const timedOut = { code: ErrorCode.REQUEST_TIMED_OUT };

test("work that ends in time is answered", async () => {
  const clock = new ManualClock();

  await expect(beforeDeadline(clock, 100, async () => "done")).resolves.toBe("done");
});

test("work that fails in time fails with its own error", async () => {
  const failing = beforeDeadline(new ManualClock(), 100, () => Promise.reject(new Error("why")));

  await expect(failing).rejects.toThrow("why");
});

test("a client hears that time is up when it is, not before", async () => {
  const clock = new ManualClock();
  let outcome: unknown;
  beforeDeadline(clock, 100, () => new Promise(() => {})).catch((error: unknown) => {
    outcome = error;
  });

  await clock.advance(99);
  expect(outcome).toBeUndefined();
  await clock.advance(1);

  expect(outcome).toMatchObject(timedOut);
});

test("a request without any time begins nothing", async () => {
  let begun = false;
  const late = beforeDeadline(new ManualClock(), 0, async () => {
    begun = true;
  });

  await expect(late).rejects.toMatchObject(timedOut);
  expect(begun).toBe(false);
});
