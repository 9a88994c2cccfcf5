import fc from "fast-check";
import { test } from "vitest";
import { casts, live, step } from "../../../support/coordinator/churn.ts";

test.each(Object.entries(casts))(
  "%s: one owner per partition, no stuck group, no offset lost, whoever comes, goes, dies or restarts",
  async (_, cast) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 20, maxLength: 120 }),
        fc.constantFrom(0, 1000),
        async (steps, groupConsumerAssignmentIntervalMs) => {
          await live(cast, steps, { groupConsumerAssignmentIntervalMs });
        },
      ),
      { numRuns: 12 },
    );
  },
  20_000,
);
