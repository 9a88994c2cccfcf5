import { expect, test } from "vitest";
import { forFaultyHistories } from "../support/storage/model/faulty-histories.ts";

test.each([
  ["that is deleted", { retentionBytes: 2000 }],
  ["that is flushed with each batch", { flushMessages: 1 }],
  ["that is compacted", { compacted: true, deleted: false, minCleanableDirtyRatio: 0 }],
])(
  "whichever operations of the disk fail under a log %s, it serves what it acknowledged or refuses, and the next start has all of it",
  async (_how, settings) => {
    const fired = await forFaultyHistories(settings, { numRuns: 40, maxSteps: 60 });
    expect(fired).toBeGreaterThan(40);
  },
  120_000,
);
