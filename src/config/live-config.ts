import { type BrokerConfig, brokerConfigWith, type DynamicLayers } from "./broker-config.ts";

/**
 * The configuration of a broker that runs. What is set at run time shows in {@link config} at once,
 * in place: whoever reads a setting when it is needed, instead of keeping it, follows by itself.
 */
export class LiveConfig {
  readonly config: BrokerConfig;
  #isAsAtStart = true;

  constructor(atStart: BrokerConfig) {
    this.config = { ...atStart };
  }

  /**
   * From now on these settings stand before those of the start.
   *
   * @param onBad hears of what this broker cannot take: an earlier version may have stored it
   */
  set(layers: DynamicLayers, onBad: (name: string, why: string) => void): void {
    const isNothingSet = layers.clusterWide.size === 0 && layers.own.size === 0;
    if (isNothingSet && this.#isAsAtStart) return;
    this.#isAsAtStart = isNothingSet;
    Object.assign(this.config, brokerConfigWith(this.config, layers, onBad));
  }
}
