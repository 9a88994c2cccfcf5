import { alterReplicaLogDirs } from "../../../src/protocol/generated/alter-replica-log-dirs.ts";
import { describeLogDirs } from "../../../src/protocol/generated/describe-log-dirs.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, warmUp } from "../scenario.ts";
import { askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about the directories of one broker, which has one. */
export const madeUpLogDirs: Scenario = {
  name: "made up: log directories",
  steps: [prepare, moves],
};

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  await makeTopic(replay, "gen-a", { partitions: 3 });
}

async function moves(replay: Replay): Promise<void> {
  const { results } = await replay.call(describeLogDirs, 4, { topics: [] });
  const here = results[0]?.logDir ?? "";
  const to = (path: string, name: string, ...partitions: number[]) => ({
    path,
    topics: [{ name, partitions }],
  });
  await askInEveryVersion(
    replay,
    variants(
      alterReplicaLogDirs.name,
      { dirs: [to(here, "gen-a", 0)] },
      {
        "where it is": {},
        nothing: { dirs: [] },
        "no topics": { dirs: [{ path: here, topics: [] }] },
        "no partitions": { dirs: [to(here, "gen-a")] },
        "no such partition": { dirs: [to(here, "gen-a", 9)] },
        "a partition below zero": { dirs: [to(here, "gen-a", -1)] },
        "no such topic": { dirs: [to(here, "nope", 0)] },
        "no topic's name": { dirs: [to(here, "", 0)] },
        "a name that is too long": { dirs: [to(here, "x".repeat(240), 0)] },
        "a name that is too long, to nowhere": { dirs: [to("/no/such", "x".repeat(240), 0)] },
        "no such directory": { dirs: [to("/no/such", "gen-a", 0)] },
        "no directory's name": { dirs: [to("", "gen-a", 0)] },
        "no such directory, no such topic": { dirs: [to("/no/such", "nope", 0)] },
        "named twice, last where it is": {
          dirs: [to("/no/such", "gen-a", 1), to(here, "gen-a", 1)],
        },
        "named twice, last nowhere": { dirs: [to(here, "gen-a", 1), to("/no/such", "gen-a", 1)] },
      },
    ),
  );
}
