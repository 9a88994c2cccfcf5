import { ErrorCode } from "../../../src/protocol/errors.ts";
import type { JoinGroupResponseInput } from "../../../src/protocol/generated/join-group.ts";
import type { SyncGroupResponseInput } from "../../../src/protocol/generated/sync-group.ts";
import type { GroupWorld, Parked } from "./group-world.ts";

/**
 * A consumer as clients are: one request at a time, each step does what the last answer calls for.
 * The leader deals the partitions out in turn, and joins again when there are more of them.
 */
export class VirtualConsumer {
  readonly name: string;
  readonly groupInstanceId: string | null;
  isAlive = false;
  memberId = "";
  generationId = -1;
  /** Partitions that the present generation gave it. */
  owned: readonly number[] = [];
  #state: "unjoined" | "stable" = "unjoined";
  /** Of a leader: how many partitions it dealt out, -1 if another did before it came back. */
  #dealt: number | undefined;
  #joining: Parked<JoinGroupResponseInput> | undefined;
  #syncing: Parked<SyncGroupResponseInput> | undefined;

  constructor(name: string, groupInstanceId: string | null) {
    this.name = name;
    this.groupInstanceId = groupInstanceId;
  }

  get isStable(): boolean {
    return this.isAlive && this.#state === "stable";
  }

  start(): void {
    if (this.isAlive) return;
    this.isAlive = true;
    this.memberId = "";
    this.#reset();
  }

  /** Gone without a word: nobody reads the answers it waits for. */
  die(): void {
    this.isAlive = false;
    this.#reset();
  }

  async leave(world: GroupWorld): Promise<void> {
    if (!this.isAlive) return;
    await world.leave(this.memberId, this.groupInstanceId);
    this.die();
  }

  step(world: GroupWorld): void {
    if (!this.isAlive) return;
    if (this.#joining !== undefined) this.#joined(world, this.#joining.answer);
    else if (this.#syncing !== undefined) this.#synced(this.#syncing.answer);
    else if (this.#state === "stable") this.#heartbeat(world);
    else this.#join(world);
  }

  #join(world: GroupWorld): void {
    const { memberId, groupInstanceId, name } = this;
    this.owned = [];
    this.#joining = world.join({
      memberId,
      groupInstanceId,
      clientId: name,
      rebalanceTimeoutMs: 20_000,
    });
  }

  #joined(world: GroupWorld, answer: JoinGroupResponseInput | undefined): void {
    if (answer === undefined) return;
    this.#joining = undefined;
    if (answer.errorCode === ErrorCode.MEMBER_ID_REQUIRED) this.memberId = answer.memberId;
    else if (answer.errorCode !== ErrorCode.NONE) this.#recover(answer.errorCode);
    else {
      this.memberId = answer.memberId;
      this.generationId = answer.generationId ?? -1;
      const partitions = world.topics.partitionCount("orders") ?? 0;
      const isLeader = answer.leader === answer.memberId;
      if (isLeader) this.#dealt = answer.skipAssignment ? -1 : partitions;
      this.#syncing = world.sync({
        memberId: this.memberId,
        groupInstanceId: this.groupInstanceId,
        generationId: this.generationId,
        assignments: answer.skipAssignment ? [] : dealtOut(answer.members ?? [], partitions),
      });
    }
  }

  #synced(answer: SyncGroupResponseInput | undefined): void {
    if (answer === undefined) return;
    this.#syncing = undefined;
    if (answer.errorCode !== ErrorCode.NONE) {
      this.#recover(answer.errorCode ?? 0);
      return;
    }
    this.owned = [...(answer.assignment ?? [])];
    this.#state = "stable";
  }

  #heartbeat(world: GroupWorld): void {
    if (this.#dealt !== undefined && this.#dealt !== world.topics.partitionCount("orders")) {
      this.#reset();
      return;
    }
    const { memberId, groupInstanceId, generationId } = this;
    const code = world.heartbeat({ memberId, groupInstanceId, generationId });
    if (code !== ErrorCode.NONE) this.#recover(code);
  }

  #recover(code: number): void {
    if (code === ErrorCode.FENCED_INSTANCE_ID) this.die();
    if (code === ErrorCode.UNKNOWN_MEMBER_ID) this.memberId = "";
    this.#reset();
  }

  #reset(): void {
    this.#state = "unjoined";
    this.#joining = undefined;
    this.#syncing = undefined;
    this.#dealt = undefined;
    this.owned = [];
  }
}

function dealtOut(members: readonly { readonly memberId: string }[], partitions: number) {
  return members.map(({ memberId }, m) => {
    const own = Array.from({ length: partitions }, (_, p) => p).filter(
      (p) => p % members.length === m,
    );
    return { memberId, assignment: Buffer.from(own) };
  });
}
