import { describe, expect, test } from "vitest";
import type { ClientQuotaImage } from "../../src/cluster/client-quotas.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { ClientQuotas } from "../../src/quotas/client-quotas.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

const windows = { count: 11, lengthMs: 1000 };

type Entity = Readonly<Record<string, string | null>>;

function quota(entity: Entity, values: Readonly<Record<string, number>>): ClientQuotaImage {
  return {
    entity: new Map(Object.entries(entity)),
    values: new Map(Object.entries(values)),
    revision: 1,
  };
}

function quotas(...given: ClientQuotaImage[]) {
  const clock = new ManualClock();
  const made = new ClientQuotas({ clock, windows, mutationWindows: windows });
  made.update(given);
  return { clock, quotas: made };
}

const alice = { user: "alice", clientId: "app" };
const produced = (all: ClientQuotas, bytes: number, client = alice) => {
  const usage = all.begin(client, bytes);
  usage.produced();
  return usage.settle();
};

describe("Of the quotas that fit a client", () => {
  const order: readonly Entity[] = [
    { user: "alice", "client-id": "app" },
    { user: "alice", "client-id": null },
    { user: "alice" },
    { user: null, "client-id": "app" },
    { user: null, "client-id": null },
    { user: null },
    { "client-id": "app" },
    { "client-id": null },
  ];

  test.each(order.map((_, first) => first))(
    "the most specific holds, from number %i on",
    (first) => {
      const set = order
        .slice(first)
        .map((entity, at) => quota(entity, { producer_byte_rate: 1000 * (first + at + 1) }));
      const { quotas: all } = quotas(...set.reverse());

      expect(all.produce.of(alice, 0)?.limit).toBe(1000 * (first + 1));
    },
  );

  test("none holds for another user, another client or another kind of use", () => {
    const { quotas: all } = quotas(
      quota({ user: "alice", "client-id": "app" }, { producer_byte_rate: 1 }),
    );

    expect(all.produce.of({ user: "bob", clientId: "app" }, 0)).toBeUndefined();
    expect(all.produce.of({ user: "alice", clientId: "other" }, 0)).toBeUndefined();
    expect(all.fetch.of(alice, 0)).toBeUndefined();
  });

  test("only those of users hold for a client without an id", () => {
    const nobody = { user: "alice", clientId: "" };
    const byId = quotas(quota({ "client-id": null }, { producer_byte_rate: 1 }));
    const byUser = quotas(quota({ user: null }, { producer_byte_rate: 7 }));

    expect(byId.quotas.produce.of(nobody, 0)).toBeUndefined();
    expect(byUser.quotas.produce.of(nobody, 0)?.limit).toBe(7);
  });

  test("one of a user is shared by all its clients, a default is each one's own", () => {
    const { quotas: all } = quotas(
      quota({ user: "alice" }, { producer_byte_rate: 1000 }),
      quota({ user: null }, { producer_byte_rate: 1000 }),
    );

    produced(all, 20_000);

    expect(produced(all, 1, { user: "alice", clientId: "other" })).toBeGreaterThan(0);
    expect(produced(all, 1, { user: "bob", clientId: "app" })).toBe(0);
  });

  test("all together cost nothing while none is set", () => {
    const { quotas: all } = quotas();

    expect(all.isActive).toBe(false);
    all.update([quota({ user: "x" }, { request_percentage: 1 })]);
    expect(all.isActive).toBe(true);
    all.update([quota({ ip: null }, { connection_creation_rate: 1 })]);
    expect(all.isActive).toBe(false);
  });
});

describe("A client", () => {
  test("that produces too fast is told to wait, and is heard again after that", async () => {
    const { clock, quotas: all } = quotas(quota({ user: "alice" }, { producer_byte_rate: 1000 }));

    const throttleMs = produced(all, 20_000);

    expect(throttleMs).toBe(10_000);
    await clock.advance(11_000);
    expect(produced(all, 0)).toBe(0);
  });

  test("whose limit is raised is not held back by what it used before", async () => {
    const { quotas: all } = quotas(quota({ user: "alice" }, { producer_byte_rate: 1000 }));
    produced(all, 20_000);

    all.update([quota({ user: "alice" }, { producer_byte_rate: 1_000_000 })]);

    expect(produced(all, 1)).toBe(0);
  });

  test("whose limit is NaN, which Kafka takes, has none, though all others have", () => {
    const { quotas: all } = quotas(
      quota({ user: "alice" }, { consumer_byte_rate: Number.NaN, producer_byte_rate: Number.NaN }),
      quota({ user: null }, { consumer_byte_rate: 1, producer_byte_rate: 1 }),
    );

    expect(produced(all, 20_000)).toBe(0);
    expect(all.begin(alice, 0).maxFetchBytes).toBe(Number.POSITIVE_INFINITY);
  });

  test("that fetches too much gets nothing, and what it did not get is not counted", async () => {
    const { clock, quotas: all } = quotas(quota({ user: "alice" }, { consumer_byte_rate: 1000 }));
    const fetch = (bytes: number) => {
      const usage = all.begin(alice, 0);
      return { isSent: usage.fetched(bytes), throttleMs: usage.settle() };
    };

    expect(fetch(10_000)).toEqual({ isSent: true, throttleMs: 0 });
    expect(fetch(5000)).toEqual({ isSent: false, throttleMs: 5000 });
    await clock.advance(11_000);
    expect(fetch(5000)).toEqual({ isSent: true, throttleMs: 0 });
  });

  test("is never read more for than its windows can take in", () => {
    const { quotas: all } = quotas(quota({ user: "alice" }, { consumer_byte_rate: 1000 }));

    expect(all.begin(alice, 0).maxFetchBytes).toBe(10_000);
    expect(all.begin({ user: "bob", clientId: "" }, 0).maxFetchBytes).toBe(Infinity);
  });

  test("that takes too much of the thread's time waits, for one window at most", async () => {
    const { clock, quotas: all } = quotas(quota({ user: "alice" }, { request_percentage: 1 }));
    const work = async (ms: number, waitMs: number) => {
      const usage = all.begin(alice, 0);
      await clock.advance(ms);
      usage.waits();
      await clock.advance(waitMs);
      return usage.settle();
    };

    expect(await work(99, 0)).toBe(0);
    expect(await work(0, 5000)).toBe(0);
    expect(await work(5, 0)).toBeGreaterThan(0);
    expect(await work(10_000, 0)).toBe(1000);
  });

  test("that wants no answer pays nothing for its time", async () => {
    const { clock, quotas: all } = quotas(quota({ user: "alice" }, { request_percentage: 1 }));
    const usage = all.begin(alice, 0);
    await clock.advance(10_000);
    usage.isExemptFromTime();

    expect(usage.settle()).toBe(0);
  });

  test("that makes too many partitions is refused, or as an old client only made to wait", async () => {
    const limit = quota({ user: "alice" }, { controller_mutation_rate: 2 });
    const { clock, quotas: all } = quotas(limit);
    const over = expect.objectContaining({ code: ErrorCode.THROTTLING_QUOTA_EXCEEDED });

    const first = all.begin(alice, 0);
    first.mutated(32, true);
    expect(first.settle()).toBe(0);
    const second = all.begin(alice, 0);
    expect(() => second.mutated(1, true)).toThrow(over);
    expect(second.settle()).toBe(5000);
    const old = all.begin(alice, 0);
    old.mutated(2, false);
    expect(old.settle()).toBe(6000);
    await clock.advance(6000);
    expect(() => all.begin(alice, 0).mutated(1, true)).not.toThrow();
  });
});

test("Names that clients make up are forgotten when they are quiet", async () => {
  const { clock, quotas: all } = quotas(quota({ "client-id": null }, { producer_byte_rate: 10 }));
  const client = (n: number) => ({ user: "alice", clientId: `c${n}` });
  for (let n = 0; n < 900; n++) produced(all, 1, client(n));
  produced(all, 1000, client(0));
  await clock.advance(20_000);

  for (let n = 1000; n < 5000; n++) produced(all, 1, client(n));

  expect(produced(all, 0, client(0))).toBe(0);
  produced(all, 1000, client(4999));
  expect(produced(all, 0, client(4999))).toBeGreaterThan(0);
});
