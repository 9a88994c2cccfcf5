import { test } from "vitest";
import { anyStep, forHistories } from "../support/storage/model/log-steps.ts";

const MANY_KEYS = 1024 * 1024;
const THREE_KEYS = 100;

test.each([
  ["with a tail in memory", 1024 * 1024, MANY_KEYS],
  ["with a tail of a few batches", 5000, MANY_KEYS],
  ["from files alone", 0, THREE_KEYS],
])(
  "a log is an array, whatever happens to it in whatever order, %s",
  async (_how, tailCacheBytes, dedupeBufferBytes) => {
    const run = { numRuns: 40, maxSteps: 80 };
    await forHistories(anyStep(), { tailCacheBytes, dedupeBufferBytes }, run);
  },
  120_000,
);
