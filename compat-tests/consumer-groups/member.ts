import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { Adapter } from "../harness/adapter.ts";
import type { Client } from "../harness/clients.ts";

export interface Joining {
  readonly bootstrap: string;
  readonly group: string;
  readonly topics: readonly string[];
  readonly protocol: "consumer" | "classic";
  /** Instance id of a static member. */
  readonly instance?: string;
  /** A regular expression of RE2, for clients that tell it from topics. */
  readonly pattern?: string;
}

/** A real client in a group: what it has read, and what it owns now. */
export class Member {
  readonly values: string[] = [];
  readonly adapter: Adapter;
  /** "topic/partition" of each. */
  owned: readonly string[] = [];
  /** How often it came to own something else. */
  changes = 0;

  constructor(client: Client, joining: Joining) {
    this.adapter = new Adapter(client, "group", joining, (line) => {
      if (!Array.isArray(line["owned"])) {
        this.values.push(Buffer.from(String(line["value"]), "base64").toString());
        return;
      }
      // Some clients also say that nothing has changed.
      if (String(line["owned"]) !== this.owned.join()) this.changes++;
      this.owned = line["owned"];
    });
  }

  async leave(): Promise<void> {
    this.adapter.finish();
    await this.adapter.end(30_000);
    this.owned = [];
  }

  /** Gone without a word. */
  die(): void {
    this.adapter.kill();
    this.owned = [];
  }
}

/** Sends as many numbered records, the numbers beginning at `from`, spread over all partitions. */
export async function send(
  bootstrap: string,
  topic: string,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const createPartitioner = Partitioners.DefaultPartitioner;
  const producer = kafka.producer({ createPartitioner, idempotent: true });
  await producer.connect();
  for (let sent = 0; sent < count; sent += 50) {
    const numbers = Array.from({ length: Math.min(50, count - sent) }, (_, n) =>
      String(from + sent + n),
    );
    await producer.send({ topic, messages: numbers.map((n) => ({ key: n, value: n })) });
  }
  await producer.disconnect();
}

/** Waits for something to become true; `what` tells what is the case instead. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: () => string,
  limitMs = 60_000,
): Promise<void> {
  const began = performance.now();
  while (!(await condition())) {
    if (performance.now() - began > limitMs) {
      throw new Error(`after ${limitMs / 1000} s ${what()}`);
    }
    await sleep(50);
  }
}

/** The members have some partitions each, and all of them together, each once. */
export function isShared(members: readonly Member[], partitions: number): boolean {
  const all = members.flatMap(({ owned }) => owned);
  const each = members.every(({ owned }) => owned.length > 0);
  return each && all.length === partitions && new Set(all).size === partitions;
}

export function held(members: readonly Member[]): string {
  return members.map(({ owned, adapter }) => `[${owned}] ${adapter.stderr}`).join(" ");
}

/** How many of the numbers 0 to `count` nobody has read. */
export function missing(members: readonly Member[], count: number): number {
  const read = new Set(members.flatMap(({ values }) => values));
  return Array.from({ length: count }, (_, n) => String(n)).filter((n) => !read.has(n)).length;
}
