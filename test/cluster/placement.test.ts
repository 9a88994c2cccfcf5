import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candidate, placeReplicas } from "../../src/cluster/placement.ts";

const candidates = fc
  .array(
    fc.record({
      rack: fc.constantFrom("r1", "r2", "r3", null),
      fenced: fc.boolean(),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((brokers): Candidate[] => brokers.map((broker, at) => ({ id: at + 1, ...broker })));

const spec = fc.record({
  partitions: fc.integer({ min: 1, max: 40 }),
  replicationFactor: fc.integer({ min: 1, max: 12 }),
  start: fc.nat(100),
});

function placedBy(check: (placed: number[][], brokers: Candidate[], factor: number) => void): void {
  fc.assert(
    fc.property(candidates, spec, (brokers, wanted) => {
      const alive = brokers.filter(({ fenced }) => !fenced);
      fc.pre(alive.length > 0 && wanted.replicationFactor <= brokers.length);
      check(placeReplicas(brokers, wanted), brokers, wanted.replicationFactor);
    }),
  );
}

describe("placement", () => {
  test("three brokers in three racks share leaders and followers in turn, as Kafka places them", () => {
    const brokers = [1, 2, 3].map((id) => ({ id, rack: `r${id}`, fenced: false }));

    const placed = placeReplicas(brokers, { partitions: 3, replicationFactor: 3, start: 0 });

    expect(placed).toEqual([
      [1, 2, 3],
      [2, 3, 1],
      [3, 1, 2],
    ]);
  });

  test("every partition has as many replicas as asked for, all on different brokers", () => {
    placedBy((placed, _, factor) => {
      for (const replicas of placed) expect(new Set(replicas).size).toBe(factor);
      for (const replicas of placed) expect(replicas).toHaveLength(factor);
    });
  });

  test("brokers that are alive lead, and none leads two partitions more than another", () => {
    placedBy((placed, brokers) => {
      const led = new Map(brokers.filter(({ fenced }) => !fenced).map(({ id }) => [id, 0]));
      for (const [leader = -1] of placed) led.set(leader, (led.get(leader) ?? Number.NaN) + 1);
      const counts = [...led.values()];
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    });
  });

  test("a fenced broker holds a replica only where those alive are too few", () => {
    placedBy((placed, brokers, factor) => {
      const fenced = new Set(brokers.filter((broker) => broker.fenced).map(({ id }) => id));
      const needed = Math.max(0, factor - (brokers.length - fenced.size));
      for (const replicas of placed) {
        expect(replicas.filter((id) => fenced.has(id))).toHaveLength(needed);
      }
    });
  });

  test("replicas stand on as many racks as there are alive", () => {
    placedBy((placed, brokers, factor) => {
      const rackOf = new Map(brokers.map(({ id, rack }) => [id, rack]));
      const alive = brokers.filter(({ fenced }) => !fenced);
      const racks = new Set(alive.map(({ rack }) => rack)).size;
      for (const replicas of placed) {
        const spread = new Set(replicas.map((id) => rackOf.get(id))).size;
        expect(spread).toBeGreaterThanOrEqual(Math.min(racks, factor));
      }
    });
  });

  test("nothing is placed where nobody is alive or brokers are too few", () => {
    const fenced = [{ id: 1, rack: null, fenced: true }];
    const alone = [{ id: 1, rack: null, fenced: false }];

    expect(placeReplicas(fenced, { partitions: 1, replicationFactor: 1, start: 0 })).toEqual([]);
    expect(placeReplicas(alone, { partitions: 1, replicationFactor: 2, start: 0 })).toEqual([]);
  });
});
