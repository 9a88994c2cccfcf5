import { call, type Line } from "../harness/adapter.ts";
import type { Client } from "../harness/clients.ts";
import { eachOf } from "../harness/report.ts";
import { ask, endOffsets } from "./ask.ts";
import type { Context } from "./context.ts";
import { javaPartition, PARTITIONS, recordsFor, type TestRecord, topicsOf } from "./records.ts";

/** What a topic must hold: the records of each partition, in offset order. */
export type Expected = ReadonlyMap<string, readonly (readonly TestRecord[])[]>;

export const groupTopic = (client: Client): string => `${client.name}-group`;

/** Each client makes its topics and writes them with every codec it has; gives what must be there. */
export async function write(context: Context): Promise<Expected> {
  const expected = new Map<string, readonly (readonly TestRecord[])[]>();
  await eachOf(context.clients, context.parallel, async (client) => {
    if (!(await createTopics(context, client))) return;
    const records = recordsFor(client, context.nowMs);
    const codecs = client.codecs.join(" ");
    await context.report.check(`${client.name} produces keyed records: ${codecs}`, async () => {
      const written = await produce(context, client, records);
      for (const [topic, partitions] of written) expected.set(topic, partitions);
      return client.murmur2 ? "partitions are Java's" : "has no murmur2 partitioner";
    });
  });
  return expected;
}

async function createTopics(context: Context, client: Client): Promise<boolean> {
  const { bootstrap } = context.broker;
  const topics = [...topicsOf(client).map(({ topic }) => topic), groupTopic(client)];
  if (!client.admin) {
    const entries = topics.map((topic) => ({ topic, numPartitions: PARTITIONS }));
    await ask(bootstrap, (admin) => admin.createTopics({ topics: entries }));
    context.report.note(`${client.name} has no admin client: its topics were made for it`);
    return true;
  }
  return context.report.check(
    `${client.name} creates topics of ${PARTITIONS} partitions`,
    async () => {
      await call(client, "create", { bootstrap, topics, partitions: PARTITIONS });
      const { topics: made } = await ask(bootstrap, (admin) =>
        admin.fetchTopicMetadata({ topics }),
      );
      for (const { name, partitions } of made) {
        if (partitions.length !== PARTITIONS) {
          throw new Error(`${name} has ${partitions.length} partitions`);
        }
      }
      return undefined;
    },
  );
}

async function produce(
  { broker: { bootstrap } }: Context,
  client: Client,
  records: readonly TestRecord[],
): Promise<Map<string, TestRecord[][]>> {
  const topics = topicsOf(client).map(({ topic, codec }) => ({ topic, codec }));
  const acknowledged = await call(client, "produce", { bootstrap, topics, records });
  const written = new Map<string, TestRecord[][]>();
  for (const { topic } of topics) {
    const acks = acknowledged.filter((line) => line["topic"] === topic);
    const partitions = layOut(client, records, acks);
    const ends = await endOffsets(bootstrap, topic);
    for (const [partition, end] of ends) {
      const want = partitions[partition]?.length ?? 0;
      if (end !== want) throw new Error(`${topic}-${partition} ends at ${end}, not ${want}`);
    }
    written.set(topic, partitions);
  }
  return written;
}

/** Where each record must be, checked against what the client was told, if it says. */
function layOut(
  client: Client,
  records: readonly TestRecord[],
  acks: readonly Line[],
): TestRecord[][] {
  const partitions: TestRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  if (acks.length !== 0 && acks.length !== records.length) {
    throw new Error(`${acks.length} of ${records.length} records acknowledged`);
  }
  const byIndex = new Map(acks.map((ack) => [ack["index"], ack]));
  records.forEach((record, index) => {
    const ack = byIndex.get(index);
    const partition = client.murmur2 ? javaPartition(record) : Number(ack?.["partition"]);
    const held = partitions[partition];
    if (held === undefined) throw new Error(`record ${index}: no partition ${partition}`);
    const offset = held.push(record) - 1;
    if (ack && (ack["partition"] !== partition || ack["offset"] !== offset)) {
      throw new Error(
        `record ${index} went to ${ack["partition"]}@${ack["offset"]}, not ${partition}@${offset}`,
      );
    }
  });
  return partitions;
}
