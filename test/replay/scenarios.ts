import { madeUpAdministration } from "./generated/administration.ts";
import { madeUpAlterations } from "./generated/alterations.ts";
import { madeUpValues } from "./generated/altered-values.ts";
import { madeUpBatches } from "./generated/batches.ts";
import { madeUpChanges } from "./generated/changes.ts";
import { madeUpCluster } from "./generated/cluster.ts";
import { madeUpConsumerGroups } from "./generated/consumer-groups.ts";
import { madeUpConversations } from "./generated/conversations.ts";
import { madeUpEveryVersion } from "./generated/every-version.ts";
import { madeUpFeatures } from "./generated/features.ts";
import { madeUpFrames } from "./generated/frames.ts";
import { madeUpGroups } from "./generated/groups.ts";
import { madeUpLogDirs } from "./generated/log-dirs.ts";
import { madeUpOtherAlterations } from "./generated/other-alterations.ts";
import { madeUpProducers } from "./generated/producers.ts";
import { madeUpQuotas } from "./generated/quotas.ts";
import { madeUpRebalances } from "./generated/rebalances.ts";
import { madeUpRecords } from "./generated/records.ts";
import { madeUpSettings } from "./generated/settings.ts";
import { madeUpTelemetry } from "./generated/telemetry.ts";
import type { Scenario } from "./scenario.ts";
import { administration } from "./scenarios/administration.ts";
import { configsAndLogDirs } from "./scenarios/configs.ts";
import { consumerGroupRebalance, consumerGroups } from "./scenarios/consumer-groups.ts";
import { fetchAndOffsets } from "./scenarios/fetch.ts";
import { groups } from "./scenarios/groups.ts";
import { produceAndProducers } from "./scenarios/produce.ts";
import { topics } from "./scenarios/topics.ts";

/** The recorded scenarios, each for a broker with an empty data directory. */
export const scenarios: readonly Scenario[] = [
  topics,
  produceAndProducers,
  fetchAndOffsets,
  groups,
  consumerGroups,
  consumerGroupRebalance,
  configsAndLogDirs,
  administration,
];

/** Requests made up beside the recorded ones; their answers come from test/golden/differential. */
export const generated: readonly Scenario[] = [
  madeUpCluster,
  madeUpRecords,
  madeUpBatches,
  madeUpGroups,
  madeUpConsumerGroups,
  madeUpConversations,
  madeUpSettings,
  madeUpChanges,
  madeUpFrames,
  madeUpRebalances,
  madeUpAlterations,
  madeUpOtherAlterations,
  madeUpValues,
  madeUpAdministration,
  madeUpFeatures,
  madeUpQuotas,
  madeUpLogDirs,
  madeUpTelemetry,
  madeUpEveryVersion,
  madeUpProducers,
];
