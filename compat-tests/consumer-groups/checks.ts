import type { BrokerProcess } from "../broker/broker-process.ts";
import { call } from "../harness/adapter.ts";
import type { Client } from "../harness/clients.ts";
import { ask, endOffsets } from "../scenario/ask.ts";
import { held, isShared, type Joining, Member, missing, send, until } from "./member.ts";

/** What a check works with: topics and groups of its own, named after it. */
export interface Check {
  readonly broker: BrokerProcess;
  readonly client: Client;
  readonly name: string;
}

export const PARTITIONS = 6;
const ROUND = 300;

type Work = (check: Check) => Promise<string | undefined>;

/** What every client is asked to do with `group.protocol=consumer`, by what it shows. */
export const checks: Readonly<Record<string, Work>> = {
  "three members share while records come, one leaves, one dies": shareAndLeave,
  "members live through a restart of the broker": restart,
  "a regular expression finds topics, also those made later": pattern,
  "a static member comes back to its partitions, and nobody else notices": staticMember,
  "classic members become consumer members one by one, and back": migrate,
};

async function topicOf(check: Check, suffix = ""): Promise<string> {
  const topic = `${check.name}${suffix}`;
  const topics = [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }];
  await ask(check.broker.bootstrap, (admin) =>
    admin.createTopics({ topics, waitForLeaders: true }),
  );
  return topic;
}

function join(check: Check, topic: string, own: Partial<Joining> = {}): Member {
  const { bootstrap } = check.broker;
  const joining = { bootstrap, group: check.name, topics: [topic], protocol: "consumer" as const };
  return new Member(check.client, { ...joining, ...own });
}

function shared(members: readonly Member[], partitions = PARTITIONS): Promise<void> {
  return until(
    () => isShared(members, partitions),
    () => `they hold ${held(members)}`,
  );
}

function allRead(members: readonly Member[], count: number): Promise<void> {
  return until(
    () => missing(members, count) === 0,
    () => `${missing(members, count)} of ${count} not read; they hold ${held(members)}`,
  );
}

/** What the group has committed is the end of every partition. */
async function committedIsEnd({ broker, client, name }: Check, topic: string): Promise<void> {
  const ends = await endOffsets(broker.bootstrap, topic);
  const request = {
    bootstrap: broker.bootstrap,
    group: name,
    topics: [topic],
    partitions: PARTITIONS,
  };
  const lines = (await call(client, "committed", request)) as readonly {
    readonly topic?: string;
    readonly partition?: number;
    readonly offset?: number;
  }[];
  for (const [partition, end] of ends) {
    const at = lines.find((line) => line.topic === topic && line.partition === partition);
    if ((at?.offset ?? 0) !== end) {
      throw new Error(`partition ${partition} is committed at ${at?.offset}, not ${end}`);
    }
  }
}

async function withMembers(
  work: (all: Member[]) => Promise<string | undefined>,
): Promise<string | undefined> {
  const all: Member[] = [];
  try {
    return await work(all);
  } finally {
    for (const { adapter } of all) adapter.kill();
  }
}

function shareAndLeave(check: Check): Promise<string | undefined> {
  return withMembers(async (all) => {
    const topic = await topicOf(check);
    const { bootstrap } = check.broker;
    const began = performance.now();
    all.push(join(check, topic));
    const [first] = all as [Member];
    await shared([first]);
    const aloneMs = Math.round(performance.now() - began);
    all.push(join(check, topic), join(check, topic));
    const [, second, third] = all as [Member, Member, Member];
    await send(bootstrap, topic, { from: 0, count: ROUND });
    await shared(all);
    await send(bootstrap, topic, { from: ROUND, count: ROUND });
    await allRead(all, 2 * ROUND);
    const leaving = second.leave();
    await send(bootstrap, topic, { from: 2 * ROUND, count: ROUND });
    await leaving;
    await shared([first, third]);
    third.die();
    await send(bootstrap, topic, { from: 3 * ROUND, count: ROUND });
    await shared([first]);
    await allRead(all, 4 * ROUND);
    await first.leave();
    await committedIsEnd(check, topic);
    return `the first alone after ${aloneMs} ms`;
  });
}

function restart(check: Check): Promise<string | undefined> {
  return withMembers(async (all) => {
    const topic = await topicOf(check);
    const { broker } = check;
    all.push(join(check, topic), join(check, topic));
    await shared(all);
    await send(broker.bootstrap, topic, { from: 0, count: ROUND });
    await allRead(all, ROUND);
    await broker.stop();
    await broker.start();
    await send(broker.bootstrap, topic, { from: ROUND, count: ROUND });
    await allRead(all, 2 * ROUND);
    await shared(all);
    await Promise.all(all.map((member) => member.leave()));
    await committedIsEnd(check, topic);
    const again = all.flatMap(({ values }) => values).length - 2 * ROUND;
    if (again > 0) throw new Error(`${again} records were read twice`);
    return undefined;
  });
}

function pattern(check: Check): Promise<string | undefined> {
  return withMembers(async (all) => {
    await topicOf(check, "-a");
    await topicOf(check, "-b");
    const expression = `^${check.name}-[ab]{1,3}$`;
    // librdkafka and kgo take what begins with ^, or is said to be one, for an expression.
    const own = { topics: [expression], pattern: expression };
    all.push(join(check, "", own), join(check, "", own));
    await shared(all, 2 * PARTITIONS);
    await topicOf(check, "-ba");
    await shared(all, 3 * PARTITIONS);
    await Promise.all(all.map((member) => member.leave()));
    return undefined;
  });
}

export function staticMember(check: Check): Promise<string | undefined> {
  return withMembers(async (all) => {
    const topic = await topicOf(check);
    all.push(join(check, topic, { instance: "one" }), join(check, topic, { instance: "two" }));
    const [first, second] = all as [Member, Member];
    await shared([first, second]);
    const [owned, changes] = [second.owned.join(), first.changes];
    await second.leave();
    const again = join(check, topic, { instance: "two" });
    all.push(again);
    await shared([first, again]);
    if (again.owned.join() !== owned) throw new Error(`it had ${owned}, and has ${again.owned}`);
    if (first.changes !== changes) throw new Error("the other one was told something");
    await first.leave();
    await again.leave();
    return undefined;
  });
}

function migrate(check: Check): Promise<string | undefined> {
  return withMembers(async (all) => {
    const topic = await topicOf(check);
    const { bootstrap } = check.broker;
    all.push(join(check, topic, { protocol: "classic" }));
    all.push(join(check, topic, { protocol: "classic" }));
    await shared(all);
    await send(bootstrap, topic, { from: 0, count: ROUND });
    await allRead(all, ROUND);
    const [one, two] = all as [Member, Member];
    const three = join(check, topic);
    all.push(three);
    await shared([one, two, three]);
    await one.leave();
    await two.leave();
    await shared([three]);
    await send(bootstrap, topic, { from: ROUND, count: ROUND });
    await allRead(all, 2 * ROUND);
    const four = join(check, topic, { protocol: "classic" });
    all.push(four);
    await shared([three, four]);
    await three.leave();
    await shared([four]);
    await send(bootstrap, topic, { from: 2 * ROUND, count: ROUND });
    await allRead(all, 3 * ROUND);
    await four.leave();
    await committedIsEnd(check, topic);
    return undefined;
  });
}
