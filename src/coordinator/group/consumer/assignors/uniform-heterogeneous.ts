import { compareUuids } from "../../../java-hash.ts";
import type { Assignment } from "../assignment.ts";
import { type GroupAssignment, type GroupSpec, partitionCountOf } from "./assignor.ts";
import { LoadBalance } from "./load-balance.ts";

/** Rounds over all topics after which the balance has to do. */
const MAX_ROUNDS = 16;

/** Nobody owns the partition. */
const NOBODY = -1;

/**
 * Members read different topics. Everybody keeps what he has and still reads; what is left goes to
 * the least loaded; then, topic by topic, partitions move from the most to the least loaded of its
 * subscribers until no topic can be improved.
 */
export function assignHeterogeneous(group: GroupSpec): GroupAssignment {
  const sharing = new Sharing(group);
  if (sharing.topicIds.length === 0) return new Map();
  sharing.keepPresent();
  sharing.assignRemaining();
  sharing.balance();
  return sharing.result();
}

class Sharing {
  readonly #group: GroupSpec;
  /** Indexes of members, by topic. */
  readonly #subscribers = new Map<string, number[]>();
  /** For each partition of a topic the index of its owner. */
  readonly #owners = new Map<string, number[]>();
  /** Partitions of each member. */
  readonly #loads: number[];
  /** The topics with the most partitions per subscriber first. */
  readonly topicIds: readonly string[];

  constructor(group: GroupSpec) {
    this.#group = group;
    this.#loads = group.members.map(() => 0);
    for (const [at, { topicIds }] of group.members.entries()) {
      for (const topicId of topicIds) {
        const subscribers = this.#subscribers.get(topicId);
        if (subscribers !== undefined) {
          subscribers.push(at);
          continue;
        }
        this.#subscribers.set(topicId, [at]);
        const count = partitionCountOf(group, topicId);
        this.#owners.set(topicId, new Array<number>(count).fill(NOBODY));
      }
    }
    this.topicIds = [...this.#subscribers.keys()].sort((a, b) => this.#compareTopics(a, b));
  }

  keepPresent(): void {
    for (const [at, { topicIds, assigned }] of this.#group.members.entries()) {
      for (const [topicId, partitions] of assigned) {
        const owners = this.#owners.get(topicId);
        if (owners === undefined || !topicIds.has(topicId)) continue;
        for (const partition of partitions) {
          // A topic made anew may have fewer partitions than it had.
          if (partition < owners.length) this.#move(owners, partition, at);
        }
      }
    }
  }

  assignRemaining(): void {
    for (const topicId of this.topicIds) {
      const owners = this.#owners.get(topicId) ?? [];
      if (!owners.includes(NOBODY)) continue;
      const balance = this.#balanceOf(topicId);
      for (const [partition, owner] of owners.entries()) {
        if (owner === NOBODY) this.#move(owners, partition, balance.nextLeastLoaded());
      }
    }
  }

  balance(): void {
    const topicIds = this.topicIds.filter(
      (topicId) => (this.#subscribers.get(topicId)?.length ?? 0) >= 2,
    );
    let last = -1;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      for (const [at, topicId] of topicIds.entries()) {
        // A whole round since the last change: nothing more can be gained.
        if (at === last) return;
        const moved = this.#balanceTopic(topicId);
        if (moved > 0 || last === -1) last = at;
      }
    }
  }

  result(): GroupAssignment {
    const result = new Map<string, Map<string, Set<number>>>(
      this.#group.members.map(({ memberId }) => [memberId, new Map()]),
    );
    for (const [topicId, owners] of this.#owners) {
      for (const [partition, owner] of owners.entries()) {
        const memberId = this.#group.members[owner]?.memberId;
        const assignment = memberId === undefined ? undefined : result.get(memberId);
        if (assignment === undefined) continue;
        const partitions = assignment.get(topicId) ?? new Set();
        partitions.add(partition);
        assignment.set(topicId, partitions);
      }
    }
    return result satisfies ReadonlyMap<string, Assignment>;
  }

  /** How many partitions it moved. */
  #balanceTopic(topicId: string): number {
    const balance = this.#balanceOf(topicId);
    if (balance.imbalance <= 1) return 0;
    const owners = this.#owners.get(topicId) ?? [];
    const ownedBy = partitionsByOwner(owners);
    let moved = 0;
    while (!balance.isBalanced) {
      const most = balance.nextMostLoaded();
      if (most === undefined) break;
      const partition = ownedBy.get(most)?.pop();
      if (partition === undefined) {
        balance.excludeMostLoaded();
        continue;
      }
      const least = balance.nextLeastLoaded();
      // Walking to the least loaded may have shown that the ranges have met.
      if (balance.isBalanced) break;
      this.#move(owners, partition, least);
      moved++;
    }
    return moved;
  }

  #balanceOf(topicId: string): LoadBalance {
    return new LoadBalance(this.#loads, this.#subscribers.get(topicId) ?? []);
  }

  #move(owners: number[], partition: number, to: number): void {
    const from = owners[partition] ?? NOBODY;
    if (from !== NOBODY) this.#loads[from] = (this.#loads[from] ?? 0) - 1;
    owners[partition] = to;
    this.#loads[to] = (this.#loads[to] ?? 0) + 1;
  }

  #compareTopics(one: string, other: string): number {
    const perSubscriber = (topicId: string) =>
      (this.#owners.get(topicId)?.length ?? 0) / (this.#subscribers.get(topicId)?.length ?? 1);
    const bySubscribers =
      (this.#subscribers.get(one)?.length ?? 0) - (this.#subscribers.get(other)?.length ?? 0);
    return perSubscriber(other) - perSubscriber(one) || bySubscribers || compareUuids(one, other);
  }
}

/** Each owner's partitions in ascending order. */
function partitionsByOwner(owners: readonly number[]): Map<number, number[]> {
  const byOwner = new Map<number, number[]>();
  for (const [partition, owner] of owners.entries()) {
    const partitions = byOwner.get(owner);
    if (partitions === undefined) byOwner.set(owner, [partition]);
    else partitions.push(partition);
  }
  return byOwner;
}
