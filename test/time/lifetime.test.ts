import { expect, test } from "vitest";
import { OwnedLifetime } from "../../src/time/lifetime.ts";

test("whoever listens is told once, when it ends", () => {
  const lifetime = new OwnedLifetime();
  const told: string[] = [];
  lifetime.onEnd(() => told.push(`ended: ${lifetime.ended}`));

  expect(lifetime.ended).toBe(false);
  lifetime.end();
  lifetime.end();

  expect(told).toEqual(["ended: true"]);
});

test("whoever comes late is told at once", () => {
  const lifetime = new OwnedLifetime();
  lifetime.end();
  let isTold = false;
  lifetime.onEnd(() => {
    isTold = true;
  });

  expect(isTold).toBe(true);
});

test("whoever has stopped listening is not told", () => {
  const lifetime = new OwnedLifetime();
  let isTold = false;
  const stop = lifetime.onEnd(() => {
    isTold = true;
  });
  stop();
  stop();
  lifetime.end();

  expect(isTold).toBe(false);
});
