import { test } from "vitest";
import { anyStepUntilPowerCut, forHistories } from "../support/storage/model/log-steps.ts";
import { pageCacheLoss } from "../support/storage/page-cache-loss.ts";

test("with flush.messages=1 everything acknowledged survives power cuts, whatever they make of the rest", async () => {
  const settings = { flushMessages: 1 };
  const options = { tailCacheBytes: 5000, dedupeBufferBytes: 1024 * 1024, settings };
  await forHistories(anyStepUntilPowerCut(pageCacheLoss), options, { numRuns: 100, maxSteps: 60 });
}, 120_000);
