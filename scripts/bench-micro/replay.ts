import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBroker } from "../../src/index.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { offsetCommit } from "../../src/protocol/generated/offset-commit.ts";
import { offsetFetch } from "../../src/protocol/generated/offset-fetch.ts";
import { asking } from "../asking.ts";
import { measured, report } from "./measure.ts";

/**
 * How long a broker takes to know again what was committed: `tsx scripts/bench-micro/replay.ts`.
 * 1,000 groups commit 1,000 partitions each; then the broker starts anew, and answers the last one.
 */
const GROUPS = 1000;
const PARTITIONS = 1000;
const topic = "bench";

const dataDir = await mkdtemp(join(tmpdir(), "odradek-replay-"));
const options = { dataDir, topics: { [topic]: PARTITIONS } };
const nothing = { count: GROUPS * PARTITIONS, bytes: 0 };

const first = await startBroker(options);
report(
  "commit 1,000,000 offsets",
  nothing,
  await measured(() =>
    asking(first.port, async (ask) => {
      await ask(findCoordinator, 4, { keyType: 0, coordinatorKeys: ["group-0"] });
      for (let group = 0; group < GROUPS; group++) {
        await ask(offsetCommit, 8, {
          groupId: `group-${group}`,
          topics: [
            {
              name: topic,
              partitions: Array.from({ length: PARTITIONS }, (_, partitionIndex) => ({
                partitionIndex,
                committedOffset: group,
                committedMetadata: "",
              })),
            },
          ],
        });
      }
    }),
  ),
);
await first.stop();

let known = -1;
report(
  "start, and answer for the last group",
  nothing,
  await measured(async () => {
    const second = await startBroker(options);
    await asking(second.port, async (ask) => {
      for (const wanted = GROUPS - 1; known !== wanted; ) {
        const { groups } = await ask(offsetFetch, 8, {
          groups: [
            { groupId: `group-${wanted}`, topics: [{ name: topic, partitionIndexes: [999] }] },
          ],
        });
        known = groups[0]?.topics[0]?.partitions[0]?.committedOffset ?? -1;
      }
    });
    await second.stop();
  }),
);
await rm(dataDir, { recursive: true });
