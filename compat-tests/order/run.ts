import { setTimeout as sleep } from "node:timers/promises";
import type { BrokerProcess } from "../broker/broker-process.ts";
import { Adapter, type Line } from "../harness/adapter.ts";
import type { Client } from "../harness/clients.ts";
import { ask, endOffsets } from "../scenario/ask.ts";
import type { Context } from "../scenario/context.ts";
import { PARTITIONS } from "../scenario/records.ts";
import { findAnomalies, type Placed } from "./checker.ts";

const TOPIC = "order";
const KEYS_PER_CLIENT = 24;
const RECORDS_PER_CLIENT = 100_000;
const PER_SECOND = 4000;
const SHOWN = 5;
/** After so many kills the broker is told to stop, once: it finds its way back by another path. */
const KILLS_PER_STOP = 4;
/** Every so many kills it is killed once more while it starts, in this time or sooner. */
const KILLS_PER_FALSE_START = 3;
const FALSE_START_MS = 250;

interface Kills {
  readonly kills: number;
  readonly seed: number;
  /**
   * Kill only when every key has been acknowledged once. Apache Kafka needs it: right after a start it
   * may refuse a producer's first batch and accept the second, since a partition takes any first
   * sequence from a producer that it does not know; then the first one can never be appended.
   */
  readonly warmUp: boolean;
}

/** An idempotent producer of numbered records, and what it was promised. */
class Sequencer {
  readonly client: Client;
  readonly acked: Placed[] = [];
  readonly errors: string[] = [];
  readonly adapter: Adapter;

  constructor(client: Client, bootstrap: string) {
    this.client = client;
    const keys = Array.from({ length: KEYS_PER_CLIENT }, (_, n) => `${client.name}-${n}`);
    const request = { bootstrap, topic: TOPIC, keys, perSecond: PER_SECOND };
    this.adapter = new Adapter(client, "sequence", request, (line) => {
      if (line["error"] === undefined) this.acked.push(placed(line));
      else this.errors.push(`${line["key"]}:${line["sequence"]} ${line["error"]}`);
    });
  }
}

function placed(line: Line): Placed {
  const [key, sequence] = [String(line["key"]), Number(line["sequence"])];
  return { key, sequence, partition: Number(line["partition"]), offset: Number(line["offset"]) };
}

/**
 * Idempotent producers of several clients send numbered records while the broker is killed at random
 * and started again on its data; at the end every acknowledged record is there once, in order.
 */
export async function checkOrder(context: Context, { kills, seed, warmUp }: Kills): Promise<void> {
  const producers = context.clients.filter(({ sequences }) => sequences);
  const [reader] = producers.filter(({ name }) => name === "franz-go").concat(producers);
  if (reader === undefined) {
    context.report.skip("order", "none of the clients that number records can run here");
    return;
  }
  const { broker, report } = context;
  const topics = [{ topic: TOPIC, numPartitions: PARTITIONS }];
  await ask(broker.bootstrap, (admin) => admin.createTopics({ topics }));
  const sequencers = producers.map((client) => new Sequencer(client, broker.bootstrap));
  try {
    await report.check(`order: ${kills} kills while producing, seed ${seed}`, async () => {
      const began = performance.now();
      if (warmUp) await known(sequencers);
      await killAndRestart(broker, kills, random(seed));
      await enough(sequencers);
      for (const { adapter } of sequencers) adapter.finish();
      for (const { adapter } of sequencers) await adapter.end(120_000);
      return `${((performance.now() - began) / 1000).toFixed(0)} s`;
    });
  } finally {
    for (const { adapter } of sequencers) adapter.kill();
  }
  const read = await readBack(reader, broker.bootstrap);
  for (const sequencer of sequencers) await judge(context, sequencer, read);
}

async function judge(
  { report }: Context,
  { client, acked, errors }: Sequencer,
  all: readonly Placed[],
): Promise<void> {
  await report.check(
    `order: ${client.name}: every acknowledged record once, in order`,
    async () => {
      const read = all.filter(({ key }) => key.startsWith(`${client.name}-`));
      const anomalies = findAnomalies(acked, read).map(({ kind, text }) => `${kind}: ${text}`);
      const wrong = [...errors.map((error) => `not sent: ${error}`), ...anomalies];
      if (acked.length < RECORDS_PER_CLIENT) wrong.push(`only ${acked.length} acknowledged`);
      if (wrong.length > 0) {
        throw new Error(`${wrong.length} faults: ${wrong.slice(0, SHOWN).join("; ")}`);
      }
      return `${acked.length} acknowledged, ${read.length} read`;
    },
  );
}

async function killAndRestart(
  broker: BrokerProcess,
  kills: number,
  next: () => number,
): Promise<void> {
  for (let kill = 1; kill <= kills; kill++) {
    await sleep(500 + next() * 2500);
    await broker.kill();
    if (kill % KILLS_PER_FALSE_START === 0) await startInVain(broker, next() * FALSE_START_MS);
    await broker.start();
    if (kill % KILLS_PER_STOP !== 0) continue;
    await sleep(500 + next() * 500);
    await broker.stop();
    await broker.start();
  }
}

async function startInVain(broker: BrokerProcess, killAfterMs: number): Promise<void> {
  const starting = broker.start().catch(() => undefined); // it ended before it was ready, or after
  await sleep(killAfterMs);
  await broker.kill();
  await starting;
}

/** Waits until every key of every producer has a record acknowledged. */
async function known(sequencers: readonly Sequencer[]): Promise<void> {
  const all = sequencers.length * KEYS_PER_CLIENT;
  const acknowledged = (): Set<string> =>
    new Set(sequencers.flatMap(({ acked }) => acked.map(({ key }) => key)));
  while (acknowledged().size < all) await sleep(100);
}

/** Waits until each producer that still runs has enough acknowledged. */
async function enough(sequencers: readonly Sequencer[]): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (sequencers.some(({ acked }) => acked.length < RECORDS_PER_CLIENT)) {
    if (performance.now() > deadline) {
      const state = sequencers.map(
        ({ client, acked, adapter }) => `${client.name} ${acked.length} ${adapter.stderr}`,
      );
      throw new Error(`two minutes after the last kill: ${state.join(", ")}`);
    }
    await sleep(100);
  }
}

async function readBack(reader: Client, bootstrap: string): Promise<Placed[]> {
  const count = [...(await endOffsets(bootstrap, TOPIC)).values()].reduce((a, b) => a + b, 0);
  const request = { bootstrap, topics: [TOPIC], count, partitions: PARTITIONS, group: "order" };
  const read: Placed[] = [];
  const adapter = new Adapter(reader, "consume", request, (line) => {
    const value = Buffer.from(String(line["value"]), "base64").toString();
    const [key, sequence] = value.split(":");
    read.push(placed({ ...line, key, sequence }));
  });
  await adapter.end(180_000);
  return read;
}

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
