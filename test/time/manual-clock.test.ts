import { expect, test } from "vitest";
import { ManualClock } from "../../src/time/manual-clock.ts";

test("time stands still until it is moved, and then both of its kinds move alike", async () => {
  const clock = new ManualClock(1000);

  expect([clock.now(), clock.monotonicMs()]).toEqual([1000, 0]);
  await clock.advance(250);
  expect([clock.now(), clock.monotonicMs()]).toEqual([1250, 250]);
});

test("timers run in the order in which they fall due, each at its own time", async () => {
  const clock = new ManualClock();
  const ran: [string, number][] = [];
  const note = (name: string) => () => ran.push([name, clock.monotonicMs()]);
  clock.schedule(20, note("b"));
  clock.schedule(10, note("a"));
  clock.schedule(20, note("c"));
  clock.schedule(31, note("later"));

  await clock.advance(30);

  expect(ran).toEqual([
    ["a", 10],
    ["b", 20],
    ["c", 20],
  ]);
});

test("a timer that makes another sees it run in the same advance, if it falls due", async () => {
  const clock = new ManualClock();
  const ran: number[] = [];
  const again = (): void => {
    ran.push(clock.monotonicMs());
    if (ran.length < 5) clock.schedule(10, again);
  };
  clock.schedule(10, again);

  await clock.advance(40);

  expect(ran).toEqual([10, 20, 30, 40]);
});

test("what a timer's promises lead to happens before the next timer", async () => {
  const clock = new ManualClock();
  const seen: string[] = [];
  clock.schedule(1, () => {
    void Promise.resolve()
      .then(() => undefined)
      .then(() => seen.push("promise"));
  });
  clock.schedule(2, () => seen.push("timer"));

  await clock.advance(2);

  expect(seen).toEqual(["promise", "timer"]);
});

test("a cancelled timer does not run, and none runs before it is told to", async () => {
  const clock = new ManualClock();
  let count = 0;
  const cancelled = clock.schedule(5, () => count++);
  clock.schedule(-5, () => count++);
  cancelled.cancel();

  expect(count).toBe(0);
  await clock.advance(10);
  expect(count).toBe(1);
  cancelled.cancel();
});
