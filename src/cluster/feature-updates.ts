import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Decision } from "./decisions.ts";
import { knownFeature } from "./features.ts";
import type { MetadataImage } from "./image.ts";
import { featureLevelValue, keys } from "./stored.ts";

/** How a level may change (KIP-778). */
export type UpgradeType = "upgrade" | "safe-downgrade" | "unsafe-downgrade";

export interface FeatureUpdate {
  readonly feature: string;
  /** 0 switches it off. */
  readonly level: number;
  /** Undefined: one that this broker does not know. */
  readonly type: UpgradeType | undefined;
}

/** What changes of levels come to by this image: all of them, or none and why (FeatureControlManager). */
export function decideFeatureUpdates(
  image: MetadataImage,
  updates: readonly FeatureUpdate[],
): Decision<KafkaError | undefined> {
  for (const update of updates) {
    const why = whyNot(image, update);
    if (why !== undefined) {
      const message = `no feature was changed: ${update.feature} to level ${update.level}: ${why}`;
      return { result: new KafkaError(ErrorCode.INVALID_UPDATE_VERSION, message) };
    }
  }
  const changed = updates.filter(({ feature, level }) => image.featureLevel(feature) !== level);
  const [first, ...others] = changed.map(({ feature }) => ({
    key: keys.feature(feature),
    target: "modRevision" as const,
    revision: image.changedLevel(feature)?.revision ?? 0,
  }));
  if (first === undefined) return { result: undefined };
  return {
    result: undefined,
    write: {
      comparison: first,
      also: others,
      operations: changed.map(({ feature, level }) => ({
        type: "put",
        key: keys.feature(feature),
        value: featureLevelValue(level),
      })),
    },
  };
}

function whyNot(image: MetadataImage, update: FeatureUpdate): string | undefined {
  const { feature, level, type } = update;
  if (type === undefined) return "there is no such type of change";
  const known = knownFeature(feature);
  if (known === undefined) return "this broker does not know the feature";
  if (level < known.minVersion || level > known.maxVersion) {
    return `levels are ${known.minVersion} to ${known.maxVersion}`;
  }
  const now = image.featureLevel(feature);
  if (level > now) return type === "upgrade" ? undefined : `it is at level ${now}, which is lower`;
  if (level === now) return undefined;
  if (type === "upgrade") return `it is at level ${now}: going down must be asked for as such`;
  return known.mayGoDown ? undefined : "going down might lose metadata";
}
