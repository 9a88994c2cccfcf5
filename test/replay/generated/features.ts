import type { Replay } from "../replay.ts";
import { range, type Scenario } from "../scenario.ts";
import { type Asked, askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about the levels of features, and what becomes of them. */
export const madeUpFeatures: Scenario = {
  name: "made up: features",
  steps: [validated, changed],
};

const update = (feature: string, maxVersionLevel: number, upgradeType = 1) => ({
  feature,
  maxVersionLevel,
  upgradeType,
});

async function validated(replay: Replay): Promise<void> {
  const base = { timeoutMs: 5000, featureUpdates: [] as object[], validateOnly: true };
  const levels = [-1, 0, 6, ...range(7, 34)].flatMap((level) =>
    [1, 2, 3].map((type): [string, object] => [
      `metadata.version ${level}, type ${type}`,
      { featureUpdates: [update("metadata.version", level, type)] },
    ]),
  );
  const odd = {
    nothing: {},
    "no name": { featureUpdates: [update("", 1)] },
    "type 0": { featureUpdates: [update("metadata.version", 33, 0)] },
    "type 4": { featureUpdates: [update("metadata.version", 33, 4)] },
    "type -1": { featureUpdates: [update("metadata.version", 33, -1)] },
    "feature that is none, level 0": { featureUpdates: [update("no.such", 0)] },
    "feature that is none, level 0, down": { featureUpdates: [update("no.such", 0, 2)] },
    "good and bad": {
      featureUpdates: [update("metadata.version", 33), update("no.such", 1)],
    },
    "no patience": { timeoutMs: 0, featureUpdates: [update("metadata.version", 33)] },
  };
  const asked: Asked[] = [
    ...variants("UpdateFeatures", base, Object.fromEntries(levels), { from: 2 }),
    ...variants("UpdateFeatures", base, odd, { from: 1 }),
  ];
  await askInEveryVersion(replay, asked);
  const allow = (maxVersionLevel: number, allowDowngrade: boolean) => ({
    featureUpdates: [{ feature: "metadata.version", maxVersionLevel, allowDowngrade }],
  });
  await askInEveryVersion(
    replay,
    variants(
      "UpdateFeatures",
      { timeoutMs: 5000, featureUpdates: [] as object[] },
      {
        "same level": allow(33, false),
        "same level, down": allow(33, true),
        "too high": allow(34, false),
        lower: allow(30, false),
      },
      { upTo: 0 },
    ),
  );
}

/** A level that was changed is told by ApiVersions, and can be changed back. */
async function changed(replay: Replay): Promise<void> {
  const change = (feature: string, level: number, type: number) => ({
    timeoutMs: 5000,
    featureUpdates: [update(feature, level, type)],
    validateOnly: false,
  });
  const told = (name: string) =>
    replay.ask(
      { api: "ApiVersions", version: 4, case: `features, ${name}` },
      { clientSoftwareName: "probe", clientSoftwareVersion: "1.0" },
    );
  const ask = (version: number, name: string, request: object) =>
    replay.ask({ api: "UpdateFeatures", version, case: name }, request);
  await ask(2, "down to 32", change("metadata.version", 32, 2));
  await told("down to 32");
  await ask(1, "up again", change("metadata.version", 33, 1));
  await told("up again");
}
