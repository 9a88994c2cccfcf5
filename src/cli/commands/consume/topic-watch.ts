import type { ClusterClient } from "../../../client/cluster-client.ts";
import { integerIn } from "../settings.ts";
import type { Plan } from "./plan.ts";
import { type FoundTopics, findTopics } from "./topics.ts";

const MISSING_RETRY_MS = 200;
/** Kafka's tool warns at each; ours once. */
const LOOKS_IN_VAIN = 3;
const METADATA_MAX_AGE_MS = 300_000;

/** Looks for what is to be read whenever metadata are too old: `metadata.max.age.ms`. */
export class TopicWatch {
  readonly #client: ClusterClient;
  readonly #plan: Plan;
  readonly #maxAgeMs: number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #ageMs = 0;
  /** How often in a row, from the first time on, there was nothing to be read. */
  #looksInVain = 0;

  constructor(client: ClusterClient, plan: Plan) {
    this.#client = client;
    this.#plan = plan;
    this.#maxAgeMs = integerIn(plan.settings, "metadata.max.age.ms", METADATA_MAX_AGE_MS);
  }

  /** What is there now, if it is time to look; sooner where something is missing. */
  async look(areMissing: boolean): Promise<FoundTopics | undefined> {
    if (this.#leftMs(areMissing) > 0) return undefined;
    const found = await findTopics(this.#client, this.#plan);
    this.#lookedAtMs = this.#client.clock.monotonicMs();
    this.#ageMs = found.areMissing ? this.#soon() : this.#maxAgeMs;
    this.#tell(found);
    return found;
  }

  /** A topic that is being made is not there at once; one that never was may be a slip of the pen. */
  #tell({ areMissing }: FoundTopics): void {
    if (!areMissing) this.#looksInVain = Number.POSITIVE_INFINITY;
    this.#looksInVain += 1;
    const { topics } = this.#plan;
    if (this.#looksInVain !== LOOKS_IN_VAIN || "pattern" in topics) return;
    this.#client.warn(`there is no topic ${topics.name}; waiting until there is`);
  }

  /** As many milliseconds as may be waited, of those that are wanted. */
  waitMs(wantedMs: number, areMissing: boolean): number {
    return Math.min(wantedMs, Math.max(1, Math.ceil(this.#leftMs(areMissing))));
  }

  /** Looks again soon: what was found is gone already. */
  hurry(): void {
    this.#ageMs = this.#soon();
  }

  #leftMs(areMissing: boolean): number {
    const ageMs = areMissing ? this.#soon() : this.#ageMs;
    return this.#lookedAtMs + ageMs - this.#client.clock.monotonicMs();
  }

  #soon(): number {
    return Math.min(MISSING_RETRY_MS, this.#maxAgeMs);
  }
}
