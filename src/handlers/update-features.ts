import type { FeatureUpdate, UpgradeType } from "../cluster/feature-updates.ts";
import { ErrorCode } from "../protocol/errors.ts";
import {
  type FeatureUpdateKey,
  type UpdateFeaturesRequest,
  updateFeatures,
} from "../protocol/generated/update-features.ts";
import { asRefusal, checkClusterRight, messageOf } from "./cluster-rights.ts";
import { defineHandler, type Handler } from "./handler.ts";

const types: ReadonlyMap<number, UpgradeType> = new Map([
  [1, "upgrade"],
  [2, "safe-downgrade"],
  [3, "unsafe-downgrade"],
]);

/**
 * UpdateFeatures changes the levels at which a cluster runs its features, all or none (KIP-584).
 *
 * v1  a type of change in place of "may go down" (KIP-778); only to see whether it could be
 * v2  one error for the whole (KIP-1022)
 */
export const updateFeaturesHandler: Handler = defineHandler({
  api: updateFeatures,

  async handle(request, context, { controller }) {
    const updates = updatesIn(request, context.version);
    try {
      checkClusterRight(context, "alter");
      await controller.updateFeatures([...updates.values()], request);
      const results = [...updates.keys()].map((feature) => ({
        feature,
        errorCode: ErrorCode.NONE,
        errorMessage: "NONE",
      }));
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, results };
    } catch (error) {
      const refusal = asRefusal(error);
      return {
        throttleTimeMs: 0,
        errorCode: refusal.code,
        errorMessage: messageOf(refusal),
        results: [],
      };
    }
  },
});

/** Of a feature that is named twice the last counts. */
function updatesIn(
  { featureUpdates }: UpdateFeaturesRequest,
  version: number,
): ReadonlyMap<string, FeatureUpdate> {
  return new Map(
    featureUpdates.map((update) => [
      update.feature,
      {
        feature: update.feature,
        level: update.maxVersionLevel,
        type: types.get(version === 0 ? oldType(update) : update.upgradeType),
      },
    ]),
  );
}

function oldType({ allowDowngrade }: FeatureUpdateKey): number {
  return allowDowngrade ? 2 : 1;
}
