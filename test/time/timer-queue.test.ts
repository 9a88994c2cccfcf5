import fc from "fast-check";
import { expect, test } from "vitest";
import { TimerQueue } from "../../src/time/timer-queue.ts";

test("timers leave by due time, then by age, and cancelled ones never", () => {
  const step = fc.record({ dueMs: fc.integer({ min: 0, max: 20 }), isCancelled: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new TimerQueue();
      const fired: number[] = [];
      const timers = steps.map(({ dueMs }, i) => queue.add(dueMs, () => fired.push(i)));
      steps.forEach(({ isCancelled }, i) => {
        if (isCancelled) timers[i]?.cancel();
      });

      for (let due = queue.takeDue(20); due !== undefined; due = queue.takeDue(20)) due.run();

      const expected = steps
        .map(({ dueMs, isCancelled }, i) => ({ dueMs, isCancelled, i }))
        .filter(({ isCancelled }) => !isCancelled)
        .sort((one, other) => one.dueMs - other.dueMs || one.i - other.i)
        .map(({ i }) => i);
      expect(fired).toEqual(expected);
      expect(queue.size).toBe(0);
    }),
  );
});

test("what is not due yet stays", () => {
  const queue = new TimerQueue();
  queue.add(10, () => undefined);

  expect(queue.takeDue(9)).toBeUndefined();
  expect(queue.nextDueMs).toBe(10);
});
