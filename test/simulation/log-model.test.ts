import { expect, test } from "vitest";
import { forFaultyHistories } from "../support/storage/model/faulty-histories.ts";
import { anyStep, anyStepUntilPowerCut, forHistories } from "../support/storage/model/log-steps.ts";
import { pageCacheLoss } from "../support/storage/page-cache-loss.ts";

const TIMEOUT_MS = 600_000;
const LONG = { numRuns: 300, maxSteps: 120 };

test.each([
  ["with a tail in memory", 1024 * 1024, 1024 * 1024],
  ["with a tail of a few batches", 5000, 1024 * 1024],
  ["from files alone, with room for three keys in the cleaner", 0, 100],
])(
  "a log is an array, through hundreds of long histories, %s",
  (_how, tailCacheBytes, dedupeBufferBytes) =>
    forHistories(anyStep(), { tailCacheBytes, dedupeBufferBytes }, LONG),
  TIMEOUT_MS,
);

test(
  "with flush.messages=1 nothing acknowledged is lost in hundreds of histories with power cuts",
  () => {
    const settings = { flushMessages: 1 };
    const options = { tailCacheBytes: 5000, dedupeBufferBytes: 1024 * 1024, settings };
    return forHistories(anyStepUntilPowerCut(pageCacheLoss), options, LONG);
  },
  TIMEOUT_MS,
);

test.each([
  ["that is deleted", { retentionBytes: 2000 }],
  ["that is flushed with each batch", { flushMessages: 1 }],
  ["that is compacted", { compacted: true, deleted: false, minCleanableDirtyRatio: 0 }],
])(
  "whichever operations of the disk fail in hundreds of histories of a log %s, nothing acknowledged is lost",
  async (_how, settings) => {
    expect(await forFaultyHistories(settings, LONG)).toBeGreaterThan(300);
  },
  TIMEOUT_MS,
);
