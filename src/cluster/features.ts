/** A feature this broker could run, and in which levels (KIP-584). */
interface SupportedFeature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
}

interface KnownFeature extends SupportedFeature {
  /** In a new cluster; 0 is to be without it. */
  readonly initialLevel: number;
  /** What was written at a higher level may be lost on those who only know a lower one. */
  readonly mayGoDown: boolean;
}

interface FinalizedFeature {
  readonly name: string;
  readonly maxVersionLevel: number;
  readonly minVersionLevel: number;
}

export interface Features {
  readonly supported: readonly SupportedFeature[];
  readonly finalized: readonly FinalizedFeature[];
  /** Grows with the metadata; clients keep the answer with the largest. */
  readonly epoch: number;
}

/** The metadata.version of Apache Kafka 4.4: what brokers of a cluster may say to each other. */
const METADATA_VERSION = 33;

/**
 * A feature is listed here once the part of the broker that it switches is built:
 * transaction.version and the others are level 0 until then, which is to be absent.
 */
const known: readonly KnownFeature[] = [
  {
    name: "metadata.version",
    minVersion: 7,
    maxVersion: METADATA_VERSION,
    initialLevel: METADATA_VERSION,
    mayGoDown: false,
  },
  // Consumer groups (KIP-848).
  { name: "group.version", minVersion: 0, maxVersion: 1, initialLevel: 1, mayGoDown: true },
];

const supported: readonly SupportedFeature[] = known.map(({ name, minVersion, maxVersion }) => ({
  name,
  minVersion,
  maxVersion,
}));

export function knownFeature(name: string): KnownFeature | undefined {
  return known.find((feature) => feature.name === name);
}

/** @param changed the levels that are no longer those of a new cluster */
export function featuresAt(revision: number, changed: ReadonlyMap<string, number>): Features {
  const finalized = known.flatMap(({ name, initialLevel }) => {
    const level = changed.get(name) ?? initialLevel;
    return level === 0 ? [] : [{ name, maxVersionLevel: level, minVersionLevel: level }];
  });
  return { supported, finalized, epoch: revision };
}
