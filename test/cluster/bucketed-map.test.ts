import fc from "fast-check";
import { expect, test } from "vitest";
import { BucketedMap } from "../../src/cluster/bucketed-map.ts";

const changes = fc.array(
  fc.array(fc.tuple(fc.stringMatching(/^[a-c]{1,2}$/), fc.option(fc.nat(), { nil: undefined }))),
);

test("holds what a Map would hold after the same changes", () => {
  fc.assert(
    fc.property(changes, (batches) => {
      const model = new Map<string, number>();
      let map = BucketedMap.empty<number>();
      for (const batch of batches) {
        map = map.with(batch);
        for (const [key, value] of batch) {
          if (value === undefined) model.delete(key);
          else model.set(key, value);
        }
        expect(map.size).toBe(model.size);
        expect([...map.values()].sort()).toEqual([...model.values()].sort());
        for (const [key] of batch) expect(map.get(key)).toBe(model.get(key));
      }
    }),
  );
});

test("a version stays as it was when the next one is made from it", () => {
  const first = BucketedMap.empty<number>().with([["a", 1]]);

  const second = first.with([
    ["a", undefined],
    ["b", 2],
  ]);

  expect([first.get("a"), first.get("b"), first.size]).toEqual([1, undefined, 1]);
  expect([second.get("a"), second.get("b"), second.size]).toEqual([undefined, 2, 1]);
});

test("finds every name of a long series", () => {
  const names = Array.from({ length: 10_000 }, (_, n) => `orders-${n}`);

  let map = BucketedMap.empty<string>();
  for (const name of names) map = map.with([[name, name]]);

  expect(map.size).toBe(10_000);
  expect(names.filter((name) => map.get(name) !== name)).toEqual([]);
  expect(map.get("orders-10000")).toBeUndefined();
});
