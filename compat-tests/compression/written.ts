import { createHash } from "node:crypto";
import type { Line } from "../harness/adapter.ts";

/** A record as the adapters take it (bytes in base64), and as it is compared. */
export interface TestRecord {
  readonly key: string;
  readonly value: string | null;
  readonly headers: readonly (readonly [string, string | null])[];
  readonly timestamp: number;
  /** Who wrote it, to where: a header says so. */
  readonly session: string;
  readonly text: string;
}

const BEGAN_MS = 1_700_000_000_000;
const base64 = (value: Buffer | string): string => Buffer.from(value).toString("base64");

/** Text that compresses, with noise that does not. */
function largeValue(): Buffer {
  const words = Array.from({ length: 1800 }, (_, n) => `{"order":${n * 7919},"state":"shipped"}`);
  const noise = createHash("shake256", { outputLength: 12_000 }).update("noise").digest();
  return Buffer.concat([Buffer.from(words.join("\n")), noise]);
}

const large = base64(largeValue());

/** Small ones, an empty value, a tombstone, and one larger than the blocks of every codec. */
export function recordsOf(session: string): readonly TestRecord[] {
  const values: (string | null)[] = [
    ...Array.from({ length: 8 }, (_, n) => base64(`value ${n} of ${session} `.repeat(n + 1))),
    base64(""),
    null,
    large,
    base64(Buffer.from([0xff, 0x00, 0x80])),
  ];
  return values.map((value, n) => {
    const key = base64(`key ${n}`);
    const headers = [["session", base64(session)] as const, ["nothing", null] as const];
    const timestamp = BEGAN_MS + n * 37;
    return {
      key,
      value,
      headers,
      timestamp,
      session,
      text: textOf({ key, value, headers, timestamp }),
    };
  });
}

function textOf(record: object): string {
  return JSON.stringify(record);
}

/** What a reader got, by topic and session, in the order of the offsets. */
export function seen(lines: readonly Line[]): Map<string, readonly string[]> {
  const sorted = [...lines].sort((one, other) => Number(one["offset"]) - Number(other["offset"]));
  const found = new Map<string, string[]>();
  for (const { topic, key, value, headers, timestamp } of sorted) {
    const [first] = headers as readonly (readonly [string, string | null])[];
    const session = Buffer.from(first?.[1] ?? "", "base64").toString();
    const name = `${String(topic)}/${session}`;
    const texts = found.get(name) ?? [];
    texts.push(textOf({ key, value, headers, timestamp }));
    found.set(name, texts);
  }
  return found;
}
