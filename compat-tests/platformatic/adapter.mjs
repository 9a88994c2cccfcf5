// @platformatic/kafka behind the adapter contract of ../README.md. It needs Node 22.19 or newer.
import { createInterface } from "node:readline";
import { Admin, Consumer, compatibilityPartitioner, Producer } from "@platformatic/kafka";

const operations = { create, produce, consume, group, committed };

async function create({ topics, partitions }) {
  const admin = new Admin(connection);
  await admin.createTopics({ topics, partitions, replicas: 1 });
  await admin.close();
}

async function produce({ topics, records }) {
  for (const { topic, codec } of topics) {
    const producer = new Producer({
      ...connection,
      compression: codec,
      idempotent: true,
      partitioner: compatibilityPartitioner, // the default one spreads keys unlike Java
    });
    const messages = records.map((record) => ({
      topic,
      key: decode(record.key),
      value: decode(record.value),
      headers: new Map(record.headers.map(([key, value]) => [Buffer.from(key), decode(value)])),
      timestamp: BigInt(record.timestamp),
    }));
    await producer.send({ messages });
    await producer.close();
  }
}

async function consume({ topics, count, group }) {
  const consumer = new Consumer({ ...connection, groupId: group });
  const stream = await consumer.consume({ topics, mode: "earliest", autocommit: false });
  let left = count;
  for await (const message of stream) {
    emitRecord(message);
    left -= 1;
    if (left === 0) break;
  }
}

async function group({ topics, group }) {
  const consumer = new Consumer({
    ...connection,
    groupId: group,
    heartbeatInterval: 500,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
  });
  consumer.on("consumer:group:rebalance", () => emit({ assigned: [] }));
  consumer.on("consumer:group:join", ({ assignments }) =>
    emit({ assigned: assignments.flatMap((each) => each.partitions).sort((a, b) => a - b) }),
  );
  const stream = await consumer.consume({
    topics,
    mode: "committed",
    fallbackMode: "earliest",
    autocommit: false,
  });
  input.next().then(() => stream.close()); // the input ended: leave
  for await (const message of stream) {
    emitRecord(message);
    await message.commit().catch(unlessRebalanced);
  }
  await consumer.close();
}

/**
 * A commit that was under way when the group's next generation began is refused, and this client
 * tells the reader instead of dropping it: the record is read again by whoever has the partition.
 */
function unlessRebalanced(error) {
  const needsRejoin = ({ needsRejoin, rebalanceInProgress }) => needsRejoin || rebalanceInProgress;
  if (!error.errors?.some(needsRejoin)) throw error;
}

async function committed({ group }) {
  const admin = new Admin(connection);
  for (const { topics } of await admin.listConsumerGroupOffsets({ groups: [group] })) {
    for (const { name: topic, partitions } of topics) {
      for (const { partitionIndex: partition, committedOffset } of partitions) {
        emit({ topic, partition, offset: Number(committedOffset) });
      }
    }
  }
  await admin.close();
}

function emitRecord(message) {
  emit({
    topic: message.topic,
    partition: message.partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: encode(message.key),
    value: encode(message.value),
    headers: [...message.headers].map(([key, value]) => [key.toString(), encode(value)]),
  });
}

function emit(line) {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

function encode(buffer) {
  return buffer === null || buffer === undefined ? null : buffer.toString("base64");
}

function decode(text) {
  return text === null ? null : Buffer.from(text, "base64");
}

const input = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const request = JSON.parse((await input.next()).value);
const connection = { clientId: "compat", bootstrapBrokers: [request.bootstrap] };
await operations[process.argv[2]](request);
process.stdout.write("", () => process.exit(0)); // not before all is written
