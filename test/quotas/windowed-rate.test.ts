import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { WindowedRate } from "../../src/quotas/windowed-rate.ts";

const WINDOWS = { count: 11, lengthMs: 1000 };

describe("A rate over windows", () => {
  test("counts windows that are not there yet as if nothing had been used in them", () => {
    const rate = new WindowedRate(WINDOWS);

    rate.record(5000, 0);

    expect(rate.measure(0)).toBe(500);
    expect(rate.measure(500)).toBeCloseTo(5000 / 10.5);
  });

  test("throttles for as long as the limit takes for what is too much", () => {
    const rate = new WindowedRate(WINDOWS);
    rate.record(20_000, 0);

    expect(rate.throttleMs(1000, 0)).toBe(10_000);
    expect(rate.throttleMs(500, 0)).toBe(30_000);
  });

  test("throttles a burst again until the windows have passed it, as Kafka does", () => {
    const rate = new WindowedRate(WINDOWS);
    rate.record(20_000, 0);

    expect(rate.throttleMs(1000, 10_000)).toBe(10_000);
    expect(rate.throttleMs(1000, 11_000)).toBe(0);
  });

  test("does not throttle who is at the limit, or was never limited", () => {
    const rate = new WindowedRate(WINDOWS);
    rate.record(10_000, 0);

    expect(rate.throttleMs(1000, 0)).toBe(0);
    expect(rate.throttleMs(Number.POSITIVE_INFINITY, 0)).toBe(0);
  });

  test("forgets a sample when no window reaches back to its last use", () => {
    const rate = new WindowedRate(WINDOWS);
    rate.record(1000, 0);
    rate.record(1000, 900);

    expect(rate.measure(11_899)).toBeGreaterThan(0);
    expect(rate.isSpent(11_899)).toBe(false);
    expect(rate.isSpent(11_900)).toBe(true);
    expect(rate.measure(11_900)).toBe(0);
  });

  test("is as before when what was recorded is taken back", () => {
    const rate = new WindowedRate(WINDOWS);
    rate.record(700, 0);
    const before = rate.measure(100);

    rate.record(500, 100);
    rate.record(-500, 100);

    expect(rate.measure(100)).toBe(before);
  });

  test("lets who asks for more all the time, and waits as told, use what the limit allows", () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 10_000, max: 20_000 }), (all, limit) => {
        const rate = new WindowedRate(WINDOWS);
        let nowMs = 0;
        let used = 0;
        for (let at = 0; nowMs < 200_000; at++) {
          const bytes = all[at % all.length] ?? 1;
          // As fast as a request can follow the other: at three times the limit.
          nowMs += (bytes / limit) * 330 + rate.throttleMs(limit, nowMs);
          rate.record(bytes, nowMs);
          used += bytes;
        }
        expect(used / (limit * 200)).toBeGreaterThan(0.9);
        expect(used / (limit * 200)).toBeLessThan(1.1);
      }),
      { numRuns: 20 },
    );
  });

  test("is near the true one, however long it is used", () => {
    const rate = new WindowedRate(WINDOWS);
    for (let nowMs = 0; nowMs < 100_000; nowMs += 50) {
      rate.record(50, nowMs);
      if (nowMs > 20_000) expect(Math.abs(rate.measure(nowMs) - 1000)).toBeLessThan(20);
    }
  });
});
