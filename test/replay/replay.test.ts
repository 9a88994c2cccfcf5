import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import {
  describeDifference,
  explanationsOf,
  differences as known,
} from "../../compat-tests/differential/differences.ts";
import { supportedApis } from "../../src/handlers/supported-apis.ts";
import { startBroker } from "../../src/index.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { replayedApis } from "./apis.ts";
import { isLeftOut, leftOut } from "./left-out.ts";
import { caseId, Recording } from "./recording.ts";
import type { Replay } from "./replay.ts";
import { play, range, type Scenario } from "./scenario.ts";
import { generated, scenarios } from "./scenarios.ts";
import { recordedSettings } from "./settings.ts";

const load = (folder: string): Recording =>
  Recording.load(fileURLToPath(new URL(`../golden/${folder}`, import.meta.url)));

const golden = load("frames");
const madeUp = load("differential");

/** Older ones are advertised, and close the connection. */
const OLDEST_PRODUCE = 3;

async function playOnNewBroker(scenario: Scenario): Promise<Replay> {
  const broker = await startBroker({
    port: 0,
    ephemeral: true,
    config: { ...recordedSettings, ...scenario.ownSettings },
    // Much of what is asked is wrong on purpose.
    logger: silentLogger,
  });
  try {
    const target = { host: "127.0.0.1", port: broker.port, golden };
    const isMadeUp = generated.includes(scenario);
    return await play(scenario, isMadeUp ? { ...target, reference: madeUp } : target);
  } finally {
    await broker.stop();
  }
}

describe("answers recorded from Apache Kafka 4.4.0", () => {
  const played = new Map<string, Replay>();
  const all = [...scenarios, ...generated];

  beforeAll(async () => {
    const play = async (scenario: Scenario): Promise<void> => {
      played.set(scenario.name, await playOnNewBroker(scenario));
    };
    await Promise.all(all.map(play));
    // Side by side on a busy machine steps may take as long as what they do not wait for: alone they do not.
    for (const scenario of all) {
      const { differences = [] } = played.get(scenario.name) ?? {};
      if (scenario.isTimed && differences.length > 0) await play(scenario);
    }
  }, 180_000);

  const allDifferences = () => [...played.values()].flatMap((replay) => replay.differences);

  test.each(all.map((scenario) => scenario.name))("are given here too: %s", (name) => {
    const unexplained = (played.get(name)?.differences ?? []).filter(
      (difference) => explanationsOf(difference).length === 0,
    );

    expect(unexplained.map(describeDifference)).toEqual([]);
  });

  test("differ in every place that the list of known differences names", () => {
    const seen = new Set(allDifferences().flatMap(explanationsOf));

    expect(known.filter((entry) => !seen.has(entry))).toEqual([]);
  });

  test("are compared with for every question made up beside them", () => {
    const asked = new Set([...played.values()].flatMap((replay) => replay.replayed));

    const ids = madeUp
      .files()
      .flatMap(({ api, version, cases }) =>
        cases.map((recorded) => caseId(api, version, recorded.case)),
      );
    expect(ids.filter((id) => !asked.has(id))).toEqual([]);
  });

  test("are replayed without exception, apart from those left out by name", () => {
    const replayed = new Set([...played.values()].flatMap((replay) => replay.replayed));

    const forgotten = [...golden.entries()]
      .filter(({ api }) => replayedApis.includes(api))
      .map(({ api, version, recorded }) => ({ api, version, case: recorded.case }))
      .filter((where) => !replayed.has(caseId(where.api, where.version, where.case)))
      .filter((where) => !leftOut.some((rule) => isLeftOut(rule, where)))
      .map((where) => caseId(where.api, where.version, where.case));

    expect(forgotten).toEqual([]);
  });

  test("cover every version of every API that is spoken", () => {
    const asked = [...played.values()].flatMap((replay) => replay.replayed);
    const covered = new Set(asked.map((id) => id.split(" ", 2).join(" ")));

    const spoken = supportedApis.flatMap(({ name, minVersion, maxVersion }) =>
      range(name === "Produce" ? OLDEST_PRODUCE : minVersion, maxVersion).map(
        (version) => `${name} v${version}`,
      ),
    );
    expect(spoken.filter((id) => !covered.has(id))).toEqual([]);
  });

  test("are left out for a reason that still holds", () => {
    const cases = [...golden.entries()].map(({ api, version, recorded }) => ({
      api,
      version,
      case: recorded.case,
    }));

    expect(leftOut.filter((rule) => !cases.some((where) => isLeftOut(rule, where)))).toEqual([]);
  });
});
