/** A broker as placement sees it. */
export interface Candidate {
  readonly id: number;
  readonly rack: string | null;
  readonly fenced: boolean;
}

export interface PlacementSpec {
  readonly partitions: number;
  readonly replicationFactor: number;
  /** Where in the ring of brokers the first leader stands; chance, or where an earlier run ended. */
  readonly start: number;
}

/**
 * Spreads replicas over brokers, as evenly as it goes: leaders take turns around the brokers that
 * are alive, each partition's replicas stand on different brokers and on as many racks as there are,
 * and a fenced broker gets a replica only where there are not enough others. Replicas are in order
 * of preference, the leader first. Pure.
 *
 * @returns for each partition its replicas; empty if nobody is alive or brokers are too few.
 */
export function placeReplicas(
  candidates: readonly Candidate[],
  { partitions, replicationFactor, start }: PlacementSpec,
): number[][] {
  const alive = interleaveRacks(candidates.filter(({ fenced }) => !fenced));
  const fenced = interleaveRacks(candidates.filter((candidate) => candidate.fenced));
  if (alive.length === 0 || replicationFactor > candidates.length) return [];
  return Array.from({ length: partitions }, (_, partition) => {
    const at = start + partition;
    const leader = alive[at % alive.length] as Candidate;
    // From one round of leaders to the next the followers shift, so that a broker's load, when it
    // dies, falls on all the others and not on one.
    const round = Math.floor(at / alive.length);
    const replicas = [leader];
    addByRack(replicas, rotated(alive, at + 1, round), replicationFactor);
    addByRack(replicas, rotated(fenced, at, round), replicationFactor);
    return replicas.map(({ id }) => id);
  });
}

/** Brokers in an order in which neighbours stand in different racks, where racks allow. */
function interleaveRacks(brokers: readonly Candidate[]): Candidate[] {
  const racks = new Map<string | null, Candidate[]>();
  for (const broker of [...brokers].sort((one, other) => one.id - other.id)) {
    const rack = racks.get(broker.rack);
    if (rack === undefined) racks.set(broker.rack, [broker]);
    else rack.push(broker);
  }
  const columns = [...racks.values()];
  const longest = Math.max(0, ...columns.map(({ length }) => length));
  const rows = Array.from({ length: longest }, (_, row) =>
    columns.flatMap((rack) => rack[row] ?? []),
  );
  return rows.flat();
}

/** The ring from `from` on, its other members turned by `shift`. */
function rotated(ring: readonly Candidate[], from: number, shift: number): Candidate[] {
  if (ring.length < 2) return [...ring];
  const rest = ring.map((_, step) => ring[(from + step) % ring.length] as Candidate);
  const turn = shift % (ring.length - 1);
  const followers = rest.slice(0, -1);
  return [...followers.slice(turn), ...followers.slice(0, turn), ...rest.slice(-1)];
}

/** Adds up to `count`: round after round one from each rack that has not had its turn. */
function addByRack(replicas: Candidate[], ring: readonly Candidate[], count: number): void {
  let used = new Set(replicas.map(({ rack }) => rack));
  let left = ring.filter((broker) => !replicas.includes(broker));
  while (replicas.length < count && left.length > 0) {
    const next = left.find(({ rack }) => !used.has(rack));
    if (next === undefined) {
      used = new Set();
      continue;
    }
    used.add(next.rack);
    replicas.push(next);
    left = left.filter((other) => other !== next);
  }
}
