import { setTimeout as sleep } from "node:timers/promises";
import { Kafka, logLevel, Partitioners } from "kafkajs";
import { Adapter, call } from "../harness/adapter.ts";
import type { Client } from "../harness/clients.ts";
import { eachOf } from "../harness/report.ts";
import { ask, endOffsets } from "./ask.ts";
import type { Context } from "./context.ts";
import { PARTITIONS } from "./records.ts";
import { groupTopic } from "./write.ts";

const ROUND = 600;
const DEADLINE_MS = 60_000;

/** The values that one member of a group has read, and the partitions it holds now. */
class Member {
  readonly values: string[] = [];
  readonly adapter: Adapter;
  assigned: readonly number[] = [];

  constructor(client: Client, bootstrap: string) {
    const request = { bootstrap, group: groupTopic(client), topics: [groupTopic(client)] };
    this.adapter = new Adapter(client, "group", request, (line) => {
      if (Array.isArray(line["assigned"])) this.assigned = line["assigned"];
      else this.values.push(Buffer.from(String(line["value"]), "base64").toString());
    });
  }

  async leave(): Promise<void> {
    this.adapter.finish();
    await this.adapter.end(30_000);
    this.assigned = [];
  }
}

/** Three members share a topic, one leaves, the others take over; what they commit stays. */
export async function groups(context: Context): Promise<void> {
  await eachOf(context.clients, context.parallel, async (client) => {
    await context.report.check(`${client.name}: three share a group, one leaves`, () =>
      shareAndLeave(context, client),
    );
    await committedIsEnd(context, client, "the group committed all it read");
  });
}

/** After a restart: the offsets are still there, and a member goes on from them. */
export async function groupsAfterRestart(context: Context): Promise<void> {
  await eachOf(context.clients, context.parallel, async (client) => {
    await committedIsEnd(context, client, "committed offsets hold after a restart");
    await context.report.check(`${client.name}: a member goes on after a restart`, () =>
      goOn(context, client),
    );
  });
}

async function shareAndLeave({ broker: { bootstrap } }: Context, client: Client): Promise<string> {
  const members = [1, 2, 3].map(() => new Member(client, bootstrap));
  const [first, second, third] = members as [Member, Member, Member];
  try {
    await until(
      () => shared(members),
      () => `three members hold ${held(members)}`,
    );
    await send(bootstrap, groupTopic(client), 0);
    await until(
      () => missing(members, ROUND) === 0,
      () => `${missing(members, ROUND)} not read`,
    );
    const leaving = second.leave();
    if (client.dropsWhenLeaving) await leaving;
    await send(bootstrap, groupTopic(client), ROUND);
    await leaving;
    await until(
      () => shared([first, third]),
      () => `two members hold ${held([first, third])}`,
    );
    const all = 2 * ROUND;
    await until(
      () => missing(members, all) === 0,
      () => `${missing(members, all)} not read`,
    );
    await Promise.all([first.leave(), third.leave()]);
    const again = members.flatMap(({ values }) => values).length - all;
    return again === 0 ? `${all} records, each once` : `${all} records, ${again} read again`;
  } finally {
    for (const { adapter } of members) adapter.kill();
  }
}

async function goOn({ broker: { bootstrap } }: Context, client: Client): Promise<undefined> {
  await send(bootstrap, groupTopic(client), 2 * ROUND);
  const member = new Member(client, bootstrap);
  try {
    const left = (): number => missing([member], 3 * ROUND) - 2 * ROUND;
    await until(
      () => left() === 0,
      () => `${left()} not read`,
    );
    await member.leave();
    if (member.values.length !== ROUND) throw new Error(`read ${member.values.length} records`);
  } finally {
    member.adapter.kill();
  }
}

async function committedIsEnd(context: Context, client: Client, claim: string): Promise<void> {
  const { bootstrap } = context.broker;
  const group = groupTopic(client);
  await context.report.check(`${client.name}: ${claim}`, async () => {
    const ends = await endOffsets(bootstrap, group);
    const asked = await ask(bootstrap, (admin) => admin.fetchOffsets({ groupId: group }));
    const seen = asked.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) })),
    );
    sameOffsets(ends, seen);
    if (!client.admin) return "asked by kafkajs";
    const topics = [group];
    const request = { bootstrap, group, topics, partitions: PARTITIONS };
    sameOffsets(ends, await call(client, "committed", request));
    return undefined;
  });
}

function sameOffsets(ends: ReadonlyMap<number, number>, seen: readonly object[]): void {
  const offsets = new Map(
    (seen as { partition: number; offset: number }[]).map((at) => [at.partition, at.offset]),
  );
  for (const [partition, end] of ends) {
    const offset = offsets.get(partition);
    // A partition without records may have no committed offset.
    if (offset !== end && !(end === 0 && (offset === undefined || offset === -1))) {
      throw new Error(`partition ${partition} is committed at ${offset}, not ${end}`);
    }
  }
}

/** Sends ROUND numbered records, the numbers beginning at `from`. */
async function send(bootstrap: string, topic: string, from: number): Promise<void> {
  const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING });
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    idempotent: true, // a record sent again must not count twice
  });
  await producer.connect();
  for (let sent = 0; sent < ROUND; sent += 50) {
    const numbers = Array.from({ length: 50 }, (_, n) => String(from + sent + n));
    await producer.send({ topic, messages: numbers.map((n) => ({ key: n, value: n })) });
  }
  await producer.disconnect();
}

/** Every member has some of the partitions, and together they have each once. */
function shared(members: readonly Member[]): boolean {
  const all = members.flatMap(({ assigned }) => assigned);
  const each = members.every(({ assigned }) => assigned.length > 0);
  return each && all.length === PARTITIONS && new Set(all).size === PARTITIONS;
}

function held(members: readonly Member[]): string {
  return members.map(({ assigned, adapter }) => `[${assigned}] ${adapter.stderr}`).join(" ");
}

function missing(members: readonly Member[], count: number): number {
  return count - new Set(members.flatMap(({ values }) => values)).size;
}

async function until(condition: () => boolean, what: () => string): Promise<void> {
  const began = performance.now();
  while (!condition()) {
    if (performance.now() - began > DEADLINE_MS) throw new Error(`after a minute ${what()}`);
    await sleep(50);
  }
}
