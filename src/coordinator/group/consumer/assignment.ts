/** Partitions by topic id. */
export type Assignment = ReadonlyMap<string, ReadonlySet<number>>;

/** Partitions by topic id, each with the member epoch at which its owner got it. */
export type OwnedPartitions = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Partitions as they go over the wire. */
export interface TopicPartitions {
  readonly topicId: string;
  readonly partitions: readonly number[];
}

export const NO_PARTITIONS: Assignment = new Map();
export const NOTHING_OWNED: OwnedPartitions = new Map();

export function assignmentOf(topics: readonly TopicPartitions[]): Assignment {
  return new Map(topics.map(({ topicId, partitions }) => [topicId, new Set(partitions)]));
}

/** Owned partitions all of which were got at the same epoch. */
export function ownedSince(assignment: Assignment, epoch: number): OwnedPartitions {
  const owned = new Map<string, ReadonlyMap<number, number>>();
  for (const [topicId, partitions] of assignment) {
    owned.set(topicId, new Map([...partitions].map((partition) => [partition, epoch])));
  }
  return owned;
}

/** Partitions of each topic in ascending order. */
export function asTopicPartitions(
  assignment: ReadonlyMap<string, ReadonlySet<number> | ReadonlyMap<number, unknown>>,
): TopicPartitions[] {
  return [...assignment].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()].sort((a, b) => a - b),
  }));
}

export function sameAssignment(one: Assignment, other: Assignment): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const partition of partitions) if (!others.has(partition)) return false;
  }
  return true;
}

export function sameOwned(one: OwnedPartitions, other: OwnedPartitions): boolean {
  if (one === other) return true;
  if (one.size !== other.size) return false;
  for (const [topicId, partitions] of one) {
    const others = other.get(topicId);
    if (others === undefined || others.size !== partitions.size) return false;
    for (const [partition, epoch] of partitions) if (others.get(partition) !== epoch) return false;
  }
  return true;
}

/** Whether everything that a client says it owns is in `owned`. Saying nothing is not enough. */
export function isWithin(
  claimed: readonly TopicPartitions[] | null,
  owned: OwnedPartitions,
): boolean {
  if (claimed === null) return false;
  return claimed.every(({ topicId, partitions }) => {
    const own = owned.get(topicId);
    return own !== undefined && partitions.every((partition) => own.has(partition));
  });
}
