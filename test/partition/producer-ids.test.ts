import { expect, test } from "vitest";
import { ProducerIds } from "../../src/partition/producer-ids.ts";

test("ids come from one block after the other, each once, also when asked for at once", async () => {
  let blocks = 0;
  const ids = new ProducerIds(async () => {
    blocks += 1;
    return { first: blocks * 100, count: 2 };
  });

  const given = await Promise.all(Array.from({ length: 5 }, () => ids.next()));

  expect([...given].sort((a, b) => a - b)).toEqual([100, 101, 200, 201, 300]);
  expect(blocks).toBe(3);
});

test("a block that could not be had is asked for again", async () => {
  let fails = true;
  const ids = new ProducerIds(async () => {
    if (fails) throw new Error("store is away");
    return { first: 7, count: 1 };
  });

  await expect(ids.next()).rejects.toThrow("store is away");
  fails = false;

  expect(await ids.next()).toBe(7);
});
