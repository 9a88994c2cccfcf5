import type { ReceivedMetrics } from "./metric.ts";

interface Kept {
  readonly received: ReceivedMetrics;
  readonly sizeInMemory: number;
}

const CLIENTS_MAX = 1000;
/** Of memory, about. */
const BYTES_MAX = 32 * 1024 * 1024;

/** The newest metrics of each client that pushed lately; the ones longest without news go first. */
export class Received {
  readonly #clients = new Map<string, Kept>();
  #bytes = 0;

  /** The one with the newest news comes last. */
  get newest(): readonly ReceivedMetrics[] {
    return [...this.#clients.values()].map(({ received }) => received);
  }

  keep(received: ReceivedMetrics, sizeInMemory: number): void {
    this.#drop(received.clientInstanceId);
    this.#clients.set(received.clientInstanceId, { received, sizeInMemory });
    this.#bytes += sizeInMemory;
    for (const id of this.#clients.keys()) {
      if (this.#clients.size <= CLIENTS_MAX && this.#bytes <= BYTES_MAX) break;
      this.#drop(id);
    }
  }

  #drop(id: string): void {
    this.#bytes -= this.#clients.get(id)?.sizeInMemory ?? 0;
    this.#clients.delete(id);
  }
}
