/** A feature this broker could run, and in which levels (KIP-584). */
interface SupportedFeature {
  readonly name: string;
  readonly minVersion: number;
  readonly maxVersion: number;
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
 * A feature is listed here once the part of the broker that it switches is built: group.version,
 * transaction.version and the others are level 0 until then, which is to be absent.
 */
const supported: readonly SupportedFeature[] = [
  { name: "metadata.version", minVersion: 7, maxVersion: METADATA_VERSION },
];

const finalized: readonly FinalizedFeature[] = [
  {
    name: "metadata.version",
    maxVersionLevel: METADATA_VERSION,
    minVersionLevel: METADATA_VERSION,
  },
];

export function featuresAt(revision: number): Features {
  return { supported, finalized, epoch: revision };
}
