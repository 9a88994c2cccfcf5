import fc from "fast-check";
import { test } from "vitest";
import { casts, live, step } from "../support/coordinator/churn.ts";

const STEPS = 10_000;
const LIVES = 5;

test.each(Object.entries(casts))(
  "%s: after ten thousand steps in any order every partition has one owner, and no offset is lost",
  async (_, cast) => {
    for (let life = 0; life < LIVES; life++) {
      const seed = Date.now() + life;
      const settings = { groupConsumerAssignmentIntervalMs: life % 2 === 0 ? 0 : 1000 };
      await live(cast, fc.sample(step, { numRuns: STEPS, seed }), settings).catch((cause) => {
        throw new Error(`with seed ${seed}`, { cause });
      });
    }
  },
  600_000,
);
