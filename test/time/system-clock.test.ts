import { execFileSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { SystemClock } from "../../src/time/system-clock.ts";

const clocks: SystemClock[] = [];

function systemClock(): SystemClock {
  const clock = new SystemClock();
  clocks.push(clock);
  return clock;
}

afterEach(() => {
  for (const clock of clocks.splice(0)) clock.stop();
});

test("tells the time of day, and time that only grows", async () => {
  const clock = systemClock();
  const before = clock.monotonicMs();

  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000);
  await pause(5);
  expect(clock.monotonicMs()).toBeGreaterThan(before);
});

test("runs timers by due time, however they were made", async () => {
  const clock = systemClock();
  const delays = [30, 10, 50, 20, 40, 0, 15];
  const ran: number[] = [];
  for (const delay of delays) clock.schedule(delay, () => ran.push(delay));

  await pause(80);

  expect(ran).toEqual([...delays].sort((one, other) => one - other));
});

test("never runs a timer while it is being made, and hardly ever before its time", async () => {
  const clock = systemClock();
  const start = clock.monotonicMs();
  const after = await new Promise<number>((resolve) => {
    let isMade = false;
    clock.schedule(0, () => expect(isMade).toBe(true));
    clock.schedule(20, () => resolve(clock.monotonicMs() - start));
    isMade = true;
  });

  // Timers that are due within a millisecond share a wake-up.
  expect(after).toBeGreaterThanOrEqual(19);
});

test("runs no cancelled timer, also one that another of the same wake-up cancels", async () => {
  const clock = systemClock();
  const ran: string[] = [];
  clock.schedule(5, () => ran.push("cancelled")).cancel();
  const first = clock.schedule(10, () => {
    ran.push("first");
    second.cancel();
  });
  const second = clock.schedule(10, () => ran.push("second"));

  await pause(40);

  expect(ran).toEqual(["first"]);
  first.cancel();
});

test("a timer that is made sooner than the next wake-up does not wait for that", async () => {
  const clock = systemClock();
  clock.schedule(60_000, () => undefined);

  await new Promise<void>((resolve) => clock.schedule(5, resolve));
});

test("runs ten thousand timers, each once, and those that they make", async () => {
  const clock = systemClock();
  let count = 0;
  await new Promise<void>((resolve) => {
    for (let i = 0; i < 10_000; i++) {
      clock.schedule(i % 20, () => {
        count += 1;
        clock.schedule(1, () => {
          count += 1;
          if (count === 20_000) resolve();
        });
      });
    }
  });

  expect(count).toBe(20_000);
});

test("a timer that schedules itself does not fall behind by more than it says", async () => {
  const clock = systemClock();
  const start = clock.monotonicMs();
  let dueMs = start;
  await new Promise<void>((resolve) => {
    const tick = (count: number): void => {
      if (count === 10) {
        resolve();
        return;
      }
      dueMs += 10;
      clock.schedule(dueMs - clock.monotonicMs(), () => tick(count + 1));
    };
    tick(0);
  });

  // 100 ms of ticks: what one wake-up is late the next one makes good.
  expect(clock.monotonicMs() - start).toBeGreaterThanOrEqual(99);
  expect(clock.monotonicMs() - dueMs).toBeLessThan(50);
});

test("a timer of months neither overflows nor runs at once", async () => {
  const clock = systemClock();
  let hasRun = false;
  const timer = clock.schedule(2 ** 40, () => {
    hasRun = true;
  });

  await pause(20);

  expect(hasRun).toBe(false);
  timer.cancel();
});

test("a timer that throws does not take the others with it", async () => {
  const clock = systemClock();
  const ran: string[] = [];
  const thrown: unknown[] = [];
  const listeners = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => thrown.push(error));
  try {
    clock.schedule(5, () => {
      throw new Error("of a timer");
    });
    clock.schedule(5, () => ran.push("same wake-up"));
    clock.schedule(15, () => ran.push("later"));

    await pause(60);
  } finally {
    process.removeAllListeners("uncaughtException");
    for (const listener of listeners) process.on("uncaughtException", listener);
  }

  expect(thrown).toHaveLength(1);
  expect(ran).toEqual(["same wake-up", "later"]);
});

test("once stopped nothing runs any more, also what is made later", async () => {
  const clock = systemClock();
  let count = 0;
  clock.schedule(5, () => count++);
  clock.stop();
  clock.schedule(5, () => count++);

  await pause(30);

  expect(count).toBe(0);
});

test("stopped by a timer, it runs no other of the same wake-up", async () => {
  const clock = systemClock();
  let count = 0;
  clock.schedule(5, () => clock.stop());
  clock.schedule(5, () => count++);

  await pause(30);

  expect(count).toBe(0);
});

test("timers do not keep a process alive", () => {
  const module = new URL("../../src/time/system-clock.ts", import.meta.url);
  const script = `import { SystemClock } from ${JSON.stringify(module.href)};
    new SystemClock().schedule(600_000, () => console.log("ran"));`;

  const output = execFileSync(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "-e", script],
    { encoding: "utf8", timeout: 20_000 },
  );

  expect(output).toBe("");
});
