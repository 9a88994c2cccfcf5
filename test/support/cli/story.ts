/** Records in one partition, a second apart. */
export interface Produce {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  /** When the first was written, in milliseconds since the epoch. */
  readonly since: number;
}

/** Offsets that somebody who is no member commits. */
export interface Commit {
  readonly group: string;
  readonly topic: string;
  /** By partition. */
  readonly offsets: readonly number[];
}

/** A member that stays as long as the story lasts. */
export interface Join {
  readonly group: string;
  readonly protocol: "classic" | "consumer";
  readonly clientId: string;
  readonly topic: string;
  /** What it is given, where it leads a classic group. */
  readonly partitions: readonly number[];
  readonly instanceId?: string;
  /** Others have its partitions still, and do not give them up. */
  readonly isWaiting?: boolean;
}

/**
 * One command line: the tool, then its arguments, without the server. `{id:x}` among the words is
 * the id of topic x.
 */
export interface Line {
  readonly words: readonly string[];
  readonly isWithoutServer?: boolean;
  /** Files for the command: `{name}` among the words is where it lies. */
  readonly files?: Readonly<Record<string, string>>;
  /** What went wrong is said by the broker, or a library, each in words of its own. */
  readonly isOwnWording?: boolean;
  /** Kafka's order is that of a hash map. */
  readonly isUnordered?: boolean;
}

export type Step =
  | { readonly produce: Produce }
  | { readonly commit: Commit }
  | { readonly join: Join }
  | { readonly line: Line };

/** A story begins on an empty broker. */
export interface Story {
  readonly name: string;
  readonly steps: readonly Step[];
}

export interface Told {
  readonly words: readonly string[];
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command line without spaces in its words. */
export function line(text: string, more: Omit<Line, "words"> = {}): Step {
  return { line: { words: text.split(" "), ...more } };
}

/** What the broker of a story is told, here and in Kafka. */
export const storySettings = {
  "offsets.topic.num.partitions": "4",
  "group.initial.rebalance.delay.ms": "0",
  "log.index.size.max.bytes": "65536",
  "log.segment.bytes": "1048576",
} as const;
