import { expect, test } from "vitest";
import { Changes, until } from "../../src/partition/until.ts";
import { OwnedLifetime } from "../../src/time/lifetime.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

function setUp(ready: () => boolean, timeoutMs = 1000) {
  const clock = new ManualClock();
  const lifetime = new OwnedLifetime();
  const changes = new Changes();
  const waited = until(ready, { changes: [changes], timeoutMs, clock, lifetime });
  return { clock, lifetime, changes, waited };
}

test("what is ready already does not wait", async () => {
  const { waited } = setUp(() => true);

  expect(await waited).toBe(true);
});

test("a change that makes it ready ends the wait", async () => {
  let ready = false;
  const { changes, waited } = setUp(() => ready);

  changes.announce();
  ready = true;
  changes.announce();

  expect(await waited).toBe(true);
});

test("time ends the wait", async () => {
  const { clock, waited } = setUp(() => false, 500);

  await clock.advance(500);

  expect(await waited).toBe(false);
});

test("a client that leaves ends the wait, and nothing listens any more", async () => {
  let looks = 0;
  const { changes, lifetime, waited } = setUp(() => {
    looks += 1;
    return false;
  });

  lifetime.end();
  changes.announce();

  expect(await waited).toBe(false);
  expect(looks).toBe(1);
});

test("no patience means no wait", async () => {
  const { waited } = setUp(() => false, 0);

  expect(await waited).toBe(false);
});
