import { ClassicSpeaker } from "./classic-speaker.ts";
import { Member } from "./consumer-member.ts";
import type { GroupWorld } from "./group-world.ts";

/** Errors after which a member abandons what it has and joins anew. */
const ABANDON: ReadonlySet<number> = new Set([22, 25, 69, 110]);

/** Somebody else has the instance id, or has it still. */
const FENCED = 82;

export interface Role {
  readonly name: string;
  readonly protocol: "consumer" | "classic";
  readonly instance: string | null;
  readonly topics: readonly string[];
}

/**
 * A client that lives and dies: one request at a time, each step does what the last answer calls for.
 * Answers to what it asked in an earlier life are nobody's.
 */
export class Actor {
  readonly role: Role;
  readonly #world: GroupWorld;
  #lives = 0;
  #client: Member | ClassicSpeaker | undefined;
  #isBusy = false;
  #hasJoined = false;

  constructor(world: GroupWorld, role: Role) {
    this.#world = world;
    this.role = role;
  }

  get isAlive(): boolean {
    return this.#client !== undefined;
  }
  get owned(): readonly string[] {
    return this.#client?.owned ?? [];
  }
  get memberId(): string {
    return this.#client?.memberId ?? "";
  }
  /** Member epoch or generation. */
  get epoch(): number {
    const client = this.#client;
    return client instanceof Member ? client.epoch : (client?.generationId ?? -1);
  }
  /** It is a member, and waits for nothing. */
  get isSettled(): boolean {
    return this.isAlive && this.#hasJoined && !this.#isBusy;
  }

  start(): void {
    if (this.#client !== undefined) return;
    this.#lives++;
    const { name, protocol, instance, topics } = this.role;
    this.#client =
      protocol === "classic"
        ? new ClassicSpeaker(this.#world, instance)
        : new Member(this.#world, `${name}-${this.#lives}`, {
            instanceId: instance,
            subscribedTopicNames: topics,
            rebalanceTimeoutMs: 20_000,
          });
    this.#reset();
  }

  /** Gone without a word. */
  die(): void {
    this.#client = undefined;
    this.#reset();
  }

  leave(): void {
    const client = this.#client;
    if (client === undefined) return;
    this.die();
    void client.leave();
  }

  step(): void {
    const client = this.#client;
    if (client === undefined || this.#isBusy) return;
    this.#isBusy = true;
    const life = this.#lives;
    void this.#act(client).then(() => {
      if (life === this.#lives && client === this.#client) this.#done(client);
    });
  }

  #act(client: Member | ClassicSpeaker): Promise<unknown> {
    if (client instanceof Member) return this.#hasJoined ? client.heartbeat() : client.join();
    return this.#hasJoined ? client.beat() : client.join(this.role.topics);
  }

  #done(client: Member | ClassicSpeaker): void {
    this.#isBusy = false;
    if (client.errorCode === 0) this.#hasJoined = true;
    else if (client.errorCode === FENCED) this.die();
    else if (ABANDON.has(client.errorCode)) {
      this.#hasJoined = false;
      client.owned = [];
      if (client instanceof ClassicSpeaker && client.errorCode !== 22) client.memberId = "";
    } else if (client instanceof ClassicSpeaker) this.#hasJoined = false;
  }

  #reset(): void {
    this.#isBusy = false;
    this.#hasJoined = false;
  }
}
