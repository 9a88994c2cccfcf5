import { expect, test } from "vitest";
import { ConnectionRates } from "../../src/quotas/connection-rates.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

const windows = { count: 11, lengthMs: 1000 };

function rates(limits: Readonly<Record<string, number>>, byDefault?: number) {
  const clock = new ManualClock();
  const made = new ConnectionRates(clock, windows);
  const all: [string | null, number][] = Object.entries(limits);
  if (byDefault !== undefined) all.push([null, byDefault]);
  made.update(
    all.map(([ip, limit]) => ({
      entity: new Map([["ip", ip]]),
      values: new Map([["connection_creation_rate", limit]]),
      revision: 1,
    })),
  );
  return { clock, rates: made };
}

const open = (made: ConnectionRates, address: string, times: number) =>
  Array.from({ length: times }, () => made.opened(address));

test("An address without a quota opens as many connections as it likes", () => {
  const { rates: made } = rates({ "10.0.0.1": 1 });

  expect(open(made, "10.0.0.2", 100)).toEqual(Array(100).fill(0));
});

test("An address over its quota is refused until the windows have moved on, the others are not", async () => {
  const { clock, rates: made } = rates({ "10.0.0.1": 1, "10.0.0.2": 1 });

  expect(open(made, "10.0.0.1", 10)).toEqual(Array(10).fill(0));
  expect(made.opened("10.0.0.1")).toBe(1000);
  expect(made.opened("10.0.0.2")).toBe(0);
  await clock.advance(11_000);
  expect(made.opened("10.0.0.1")).toBe(0);
});

test("A default holds for each address that has no quota of its own", () => {
  const { rates: made } = rates({ "10.0.0.1": 100 }, 1);

  expect(open(made, "10.0.0.1", 50).at(-1)).toBe(0);
  expect(open(made, "10.0.0.2", 11).at(-1)).toBeGreaterThan(0);
  expect(open(made, "10.0.0.3", 10).at(-1)).toBe(0);
});

test("An address is the same however it is written", () => {
  const { rates: made } = rates({ "0:0:0:0:0:0:0:1": 1, "::ffff:10.0.0.9": 1 });

  expect(open(made, "::1", 11).at(-1)).toBeGreaterThan(0);
  expect(open(made, "10.0.0.9", 11).at(-1)).toBeGreaterThan(0);
});
