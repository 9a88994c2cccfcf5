import type { MetadataImage } from "../cluster/image.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import type { Clock } from "../time/clock.ts";
import { ClientQuotas } from "./client-quotas.ts";
import { ConnectionRates } from "./connection-rates.ts";

/** All quotas of a broker, as its image has them. */
export class Quotas {
  readonly clients: ClientQuotas;
  readonly connections: ConnectionRates;
  #following: MetadataImage["clientQuotas"] | undefined;

  constructor(config: BrokerConfig, clock: Clock, image: MetadataImage) {
    const windows = {
      count: config.quotaWindowNum,
      lengthMs: config.quotaWindowSizeSeconds * 1000,
    };
    const mutationWindows = {
      count: config.controllerQuotaWindowNum,
      lengthMs: config.controllerQuotaWindowSizeSeconds * 1000,
    };
    this.clients = new ClientQuotas({ clock, windows, mutationWindows });
    this.connections = new ConnectionRates(clock, windows);
    this.follow(image);
  }

  /** What this image says holds from now on. */
  follow({ clientQuotas }: MetadataImage): void {
    if (clientQuotas === this.#following) return;
    this.#following = clientQuotas;
    const quotas = [...clientQuotas.values()];
    this.clients.update(quotas);
    this.connections.update(quotas);
  }
}
