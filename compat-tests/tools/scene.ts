import { CompressionTypes, type Consumer, Kafka, logLevel, Partitioners } from "kafkajs";
import { Member, until } from "../consumer-groups/member.ts";
import { type Client, clients } from "../harness/clients.ts";
import { ask } from "../scenario/ask.ts";

/** Records in each partition of `orders`; record n was written `RECORD_GAP_MS * n` after `since`. */
export const RECORDS = 100;
export const RECORD_GAP_MS = 1000;
const PARTITIONS = [0, 1, 2];
/** Where the group `reports` stopped reading, in each partition. */
const REPORTS_OFFSET = 10;

/**
 * What a tool finds on the cluster: topics with records, a compacted and an empty one, a classic
 * group at work, a group without members that has committed, and, where Java's client can run, a
 * group at work with the consumer protocol.
 */
export interface Scene {
  readonly bootstrap: string;
  /** Timestamp of the first record, in milliseconds. */
  readonly since: number;
  readonly groups: readonly string[];
  leave(): Promise<void>;
}

/** Sets the scene on an empty broker; `java` tells whether Java's client is ready to run. */
export async function setScene(bootstrap: string, java: boolean): Promise<Scene> {
  const since = Date.now() - 3_600_000;
  const kafka = new Kafka({ brokers: [bootstrap], clientId: "scene", logLevel: logLevel.NOTHING });
  await createTopics(bootstrap);
  await writeRecords(kafka, since);
  const [billing, shipping] = await Promise.all([
    joinBilling(kafka, bootstrap),
    java ? joinShipping(bootstrap) : undefined,
    commitReports(bootstrap),
  ]);
  return {
    bootstrap,
    since,
    groups: ["billing", "reports", ...(shipping === undefined ? [] : ["shipping"])],
    leave: async () => {
      shipping?.die();
      await billing.disconnect();
    },
  };
}

async function createTopics(bootstrap: string): Promise<void> {
  const orders = [{ name: "retention.ms", value: "172800000" }];
  const compact = [{ name: "cleanup.policy", value: "compact" }];
  await ask(bootstrap, (admin) =>
    admin.createTopics({
      waitForLeaders: true,
      topics: [
        { topic: "orders", numPartitions: 3, replicationFactor: 1, configEntries: orders },
        { topic: "profiles", numPartitions: 1, replicationFactor: 1, configEntries: compact },
        { topic: "empty", numPartitions: 2, replicationFactor: 1 },
      ],
    }),
  );
}

async function writeRecords(kafka: Kafka, since: number): Promise<void> {
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = PARTITIONS.flatMap((partition) =>
    Array.from({ length: RECORDS }, (_, n) => ({
      partition,
      key: `order-${partition}-${n}`,
      value: JSON.stringify({ partition, n, text: "x".repeat(n) }),
      headers: { trace: `${partition}/${n}`, source: "scene" },
      timestamp: String(since + n * RECORD_GAP_MS),
    })),
  );
  await producer.send({ topic: "orders", messages, compression: CompressionTypes.GZIP });
  await producer.send({
    topic: "profiles",
    messages: Array.from({ length: 20 }, (_, n) => ({
      key: `user-${n % 10}`,
      value: n === 19 ? null : `profile ${n}`,
    })),
  });
  await producer.disconnect();
}

async function commitReports(bootstrap: string): Promise<void> {
  const offset = String(REPORTS_OFFSET);
  const partitions = PARTITIONS.map((partition) => ({ partition, offset }));
  await ask(bootstrap, (admin) =>
    admin.setOffsets({ groupId: "reports", topic: "orders", partitions }),
  );
}

/** A classic member that has read and committed everything. */
async function joinBilling(kafka: Kafka, bootstrap: string): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId: "billing", heartbeatInterval: 1000 });
  await consumer.connect();
  await consumer.subscribe({ topic: "orders", fromBeginning: true });
  await consumer.run({ autoCommitThreshold: RECORDS, eachMessage: async () => undefined });
  await allCommitted(bootstrap, "billing");
  return consumer;
}

/** A member with the consumer protocol that has read and committed everything. */
async function joinShipping(bootstrap: string): Promise<Member> {
  const java = javaClient();
  const joining = { group: "shipping", topics: ["orders"], protocol: "consumer" as const };
  const member = new Member(java, { bootstrap, ...joining });
  await until(
    () => member.owned.length === PARTITIONS.length,
    () => `the member of shipping holds [${member.owned}] ${member.adapter.stderr}`,
  );
  await allCommitted(bootstrap, "shipping");
  return member;
}

export function javaClient(): Client {
  const java = clients.find(({ name }) => name === "java");
  if (java === undefined) throw new Error("no client java");
  return java;
}

async function allCommitted(bootstrap: string, groupId: string): Promise<void> {
  let seen = "";
  await until(
    async () => {
      const [of] = await ask(bootstrap, (a) => a.fetchOffsets({ groupId, topics: ["orders"] }));
      seen = JSON.stringify(of?.partitions);
      return of?.partitions.every(({ offset }) => Number(offset) === RECORDS) ?? false;
    },
    () => `${groupId} has committed ${seen}`,
  );
}
