// kafkajs behind the adapter contract of ../README.md.
import { createInterface } from "node:readline";
import { compress, decompress, init } from "@bokuweb/zstd-wasm";
import kafkajs from "kafkajs";
import snappy from "kafkajs-snappy";
import lz4 from "lz4-napi";

const { CompressionCodecs, CompressionTypes, Kafka, logLevel } = kafkajs;

// kafkajs brings gzip; the others are plugged in.
CompressionCodecs[CompressionTypes.Snappy] = snappy;
CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: (encoder) => lz4.compressFrame(encoder.buffer),
  decompress: (buffer) => lz4.decompressFrame(buffer),
});
CompressionCodecs[CompressionTypes.ZSTD] = () => ({
  compress: async (encoder) => Buffer.from(compress(encoder.buffer)),
  decompress: async (buffer) => Buffer.from(decompress(buffer)),
});
const codecs = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

const operations = { create, produce, consume, group, committed };

async function create({ topics, partitions }) {
  const admin = kafka.admin();
  await admin.connect();
  await admin.createTopics({
    topics: topics.map((topic) => ({ topic, numPartitions: partitions })),
  });
  await admin.disconnect();
}

async function produce({ topics, records }) {
  const producer = kafka.producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
  });
  await producer.connect();
  const messages = records.map((record) => ({
    key: decode(record.key),
    value: decode(record.value),
    headers: headersObject(record.headers),
    timestamp: String(record.timestamp),
  }));
  for (const { topic, codec } of topics) {
    await producer.send({ topic, compression: codecs[codec], messages });
  }
  await producer.disconnect();
}

// kafkajs reads only as a member of a group.
async function consume({ topics, count, group }) {
  const consumer = kafka.consumer({ groupId: group });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await new Promise((resolve, reject) => {
    let left = count;
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
    const eachMessage = async (read) => {
      emitRecord(read);
      left -= 1;
      if (left === 0) resolve();
    };
    consumer.run({ eachMessage, partitionsConsumedConcurrently: 4 }).catch(reject);
  });
  await consumer.disconnect();
}

async function group({ topics, group }) {
  const consumer = kafka.consumer({
    groupId: group,
    heartbeatInterval: 500,
    sessionTimeout: 10_000,
    rebalanceTimeout: 10_000,
  });
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) =>
    emit({ assigned: (payload.memberAssignment[topics[0]] ?? []).sort((a, b) => a - b) }),
  );
  consumer.on(consumer.events.REBALANCING, () => emit({ assigned: [] }));
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await consumer.run({
    autoCommit: false,
    eachMessage: async (read) => {
      emitRecord(read);
      const { topic, partition, message } = read;
      const offset = String(Number(message.offset) + 1);
      await consumer.commitOffsets([{ topic, partition, offset }]);
    },
  });
  for await (const _ of input); // until it ends: leave
  await consumer.disconnect();
}

async function committed({ group }) {
  const admin = kafka.admin();
  await admin.connect();
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group })) {
    for (const { partition, offset } of partitions) {
      emit({ topic, partition, offset: Number(offset) });
    }
  }
  await admin.disconnect();
}

function emitRecord({ topic, partition, message }) {
  emit({
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: encode(message.key),
    value: encode(message.value),
    headers: Object.entries(message.headers).flatMap(([key, values]) =>
      [values].flat().map((value) => [key, encode(value)]),
    ),
  });
}

/** kafkajs takes an object; a key that comes again has an array. */
function headersObject(headers) {
  const all = {};
  for (const [key, value] of headers) all[key] = [...(all[key] ?? []), decode(value)];
  return all;
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
await init();
const kafka = new Kafka({ brokers: [request.bootstrap], logLevel: logLevel.ERROR });
await operations[process.argv[2]](request);
process.stdout.write("", () => process.exit(0)); // not before all is written
