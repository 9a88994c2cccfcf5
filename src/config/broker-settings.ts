import type { Setting } from "./setting.ts";
import { clusterSettings } from "./settings/cluster.ts";
import { coordinatorSettings } from "./settings/coordinators.ts";
import { logSettings } from "./settings/log.ts";
import { networkSettings } from "./settings/network.ts";
import { odradekSettings } from "./settings/odradek.ts";
import { securitySettings } from "./settings/security.ts";
import { tieredStorageSettings } from "./settings/tiered-storage.ts";

/** Every setting of a broker, by Kafka's name: those of Kafka 4.4, with its defaults, and our own. */
export const brokerSettings = {
  ...networkSettings,
  ...securitySettings,
  ...logSettings,
  ...coordinatorSettings,
  ...clusterSettings,
  ...tieredStorageSettings,
  ...odradekSettings,
};

const byName: ReadonlyMap<string, Setting> = new Map(Object.entries(brokerSettings));

export function brokerSetting(name: string): Setting | undefined {
  return byName.get(name);
}
