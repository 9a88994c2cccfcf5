import type { Codec } from "../harness/clients.ts";

/** How a producer is told to compress; without a level: as it does by default. */
export interface Way {
  readonly codec: Codec;
  readonly level?: number;
}

/** The lowest and the highest level that a client has for a codec. */
type Ends = readonly [lowest: number, highest: number];

/** Those who write and read, with their own scales: franz-go's are those of its libraries. */
const scales: Readonly<Record<string, Readonly<Partial<Record<Codec, Ends>>>>> = {
  java: { gzip: [1, 9], lz4: [1, 17], zstd: [-131_072, 22] },
  "confluent-kafka": { gzip: [1, 9], lz4: [0, 12], zstd: [1, 12] },
  "franz-go": { gzip: [-2, 9], lz4: [512, 131_072], zstd: [1, 4] },
};

export function takesPart(name: string): boolean {
  return scales[name] !== undefined;
}

const codecs: readonly Codec[] = ["gzip", "snappy", "lz4", "zstd"];

/** Every codec of a client at its lowest, default and highest level. */
export function waysOf(client: string): readonly Way[] {
  return codecs.flatMap((codec) => {
    const [lowest, highest] = scales[client]?.[codec] ?? [];
    if (lowest === undefined || highest === undefined) return [{ codec }];
    return [{ codec, level: lowest }, { codec }, { codec, level: highest }];
  });
}

/** What a topic is set to have its batches made into. */
export interface Target {
  readonly topic: string;
  readonly compressionType: Codec | "uncompressed";
  readonly level?: number;
}

/** The ends of `compression.gzip.level`, `.lz4.level` and `.zstd.level`. */
const brokerEnds: Readonly<Partial<Record<Codec, Ends>>> = {
  gzip: [1, 9],
  lz4: [1, 17],
  zstd: [-131_072, 22],
};

/** Every codec of a topic at its lowest, default and highest level, and none. */
export const targets: readonly Target[] = [
  { topic: "anew-uncompressed", compressionType: "uncompressed" },
  ...codecs.flatMap((codec): Target[] => {
    const usual = { topic: `anew-${codec}`, compressionType: codec };
    const [lowest, highest] = brokerEnds[codec] ?? [];
    if (lowest === undefined || highest === undefined) return [usual];
    return [
      { ...usual, topic: `${usual.topic}-lowest`, level: lowest },
      usual,
      { ...usual, topic: `${usual.topic}-highest`, level: highest },
    ];
  }),
];

/**
 * With which codecs a client writes to a topic: each, and where its level is the question, one. What
 * has the topic's codec already stays as it came.
 */
export function sourcesFor(target: Target, turn: number): readonly Codec[] {
  const sources: readonly Codec[] = ["none", ...codecs];
  if (target.level === undefined) return sources;
  const others = sources.filter((codec) => codec !== target.compressionType);
  return [others[turn % others.length] ?? "none"];
}

/** As it is said in a report. */
export function told(ways: readonly { readonly codec: string; readonly level?: number }[]): string {
  const byCodec = new Map<string, string[]>();
  for (const { codec, level } of ways) {
    byCodec.set(codec, [
      ...(byCodec.get(codec) ?? []),
      level === undefined ? "default" : `${level}`,
    ]);
  }
  return [...byCodec].map(([codec, levels]) => `${codec} ${levels.join("/")}`).join(", ");
}
