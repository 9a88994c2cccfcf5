export interface CheckpointEntry {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** The text of Kafka's checkpoint files: version 0, count, `topic partition offset` lines. */
export function formatCheckpoint(entries: readonly CheckpointEntry[]): string {
  const lines = entries.map(({ topic, partition, offset }) => `${topic} ${partition} ${offset}\n`);
  return `0\n${lines.length}\n${lines.join("")}`;
}

/** What {@link parseCheckpoint} gives, as a file has it. */
export function formatOffsets(offsets: ReadonlyMap<string, number>): string {
  return formatCheckpoint(
    [...offsets].map(([name, offset]) => {
      const dash = name.lastIndexOf("-");
      return { topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)), offset };
    }),
  );
}

/** By `topic-partition`. Lines that make no sense are left out: a checkpoint only saves work. */
export function parseCheckpoint(text: string): Map<string, number> {
  const offsets = new Map<string, number>();
  for (const line of text.split("\n").slice(2)) {
    const [topic, partition, offset] = line.split(" ");
    const value = Number(offset);
    if (topic && partition && offset && Number.isSafeInteger(value) && value >= 0) {
      offsets.set(`${topic}-${partition}`, value);
    }
  }
  return offsets;
}
