import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { whenParentGoes } from "../../src/cli/parent.ts";

test("a process hears once that its parent has gone, and nothing before", async () => {
  let parent = 77;
  let heard = 0;
  whenParentGoes(
    () => parent,
    () => {
      heard++;
    },
    1,
  );
  await sleep(10);
  expect(heard).toBe(0);
  parent = 1;
  await expect.poll(() => heard).toBe(1);
  await sleep(10);
  expect(heard).toBe(1);
});
