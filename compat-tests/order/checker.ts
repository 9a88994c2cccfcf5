/** A numbered record at its place: what an acknowledgement promised, or what a reader found. */
export interface Placed {
  readonly key: string;
  /** Counts from 0 per key. */
  readonly sequence: number;
  readonly partition: number;
  readonly offset: number;
}

export type AnomalyKind =
  /** Acknowledged, and nowhere. */
  | "lost"
  /** At two offsets. */
  | "duplicate"
  /** A smaller number behind a larger one of its key. */
  | "reordered"
  /** Numbers of a key left out before a later one. */
  | "gap"
  /** Two records acknowledged or read at one offset. */
  | "offset reused"
  /** Acknowledged at one place, found only at another. */
  | "moved";

export interface Anomaly {
  readonly kind: AnomalyKind;
  readonly text: string;
}

/**
 * Compares what was acknowledged with everything that a final read found. `read` holds the records
 * of each partition in the order in which they were read.
 */
export function findAnomalies(acked: readonly Placed[], read: readonly Placed[]): Anomaly[] {
  const found = new Map<string, Placed[]>();
  for (const record of read) {
    const places = found.get(identity(record));
    if (places === undefined) found.set(identity(record), [record]);
    else places.push(record);
  }
  return [
    ...duplicates(found),
    ...reusedOffsets(acked),
    ...reusedOffsets(read),
    ...brokenPromises(acked, found),
    ...disorder(read),
  ];
}

const identity = ({ key, sequence }: Placed): string => `${key}:${sequence}`;
const place = ({ partition, offset }: Placed): string => `${partition}@${offset}`;

function duplicates(found: ReadonlyMap<string, readonly Placed[]>): Anomaly[] {
  return [...found]
    .filter(([, places]) => places.length > 1)
    .map(([name, places]) => ({
      kind: "duplicate" as const,
      text: `${name} is at ${places.map(place).join(" and ")}`,
    }));
}

function reusedOffsets(records: readonly Placed[]): Anomaly[] {
  const holder = new Map<string, string>();
  const anomalies: Anomaly[] = [];
  for (const record of records) {
    const first = holder.get(place(record));
    if (first === undefined) holder.set(place(record), identity(record));
    else {
      const text = `${place(record)} is ${first} and ${identity(record)}`;
      anomalies.push({ kind: "offset reused", text });
    }
  }
  return anomalies;
}

function brokenPromises(
  acked: readonly Placed[],
  found: ReadonlyMap<string, readonly Placed[]>,
): Anomaly[] {
  const anomalies: Anomaly[] = [];
  for (const ack of acked) {
    const places = found.get(identity(ack)) ?? [];
    const text = `${identity(ack)} was acknowledged at ${place(ack)}`;
    if (places.length === 0) anomalies.push({ kind: "lost", text });
    else if (!places.some((each) => place(each) === place(ack))) {
      anomalies.push({ kind: "moved", text: `${text}, is at ${places.map(place).join(" and ")}` });
    }
  }
  return anomalies;
}

/** Per key, in log order, each number must be one more than the one before. */
function disorder(read: readonly Placed[]): Anomaly[] {
  const last = new Map<string, number>();
  const anomalies: Anomaly[] = [];
  for (const record of read) {
    const before = last.get(record.key) ?? -1;
    const text = `${identity(record)} at ${place(record)} comes after ${before}`;
    if (record.sequence > before + 1) anomalies.push({ kind: "gap", text });
    else if (record.sequence < before) anomalies.push({ kind: "reordered", text });
    last.set(record.key, Math.max(before, record.sequence));
  }
  return anomalies;
}
