/** What a user writes around kafkajs, given the bootstrap servers: one record out, the same back in. */
const roundTrip = `
async function roundTrip(Kafka, bootstrapServers) {
  const kafka = new Kafka({ brokers: [bootstrapServers], logLevel: 0 });
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({ topic: "orders", messages: [{ key: "a", value: "1" }] });
  await producer.disconnect();
  const consumer = kafka.consumer({ groupId: "billing" });
  await consumer.connect();
  await consumer.subscribe({ topic: "orders", fromBeginning: true });
  const value = await new Promise((resolve, reject) => {
    consumer.run({ eachMessage: async ({ message }) => resolve(String(message.value)) }).catch(reject);
  });
  await consumer.disconnect();
  return value;
}
`;

const script = `
async function main() {
  const broker = await startBroker({ port: 0, topics: { orders: 3 }, config: GROUPS_AT_ONCE });
  console.log("read", await roundTrip(Kafka, broker.bootstrapServers));
  await broker.stop();
}
main();
`;

const atOnce = `const GROUPS_AT_ONCE = { "group.initial.rebalance.delay.ms": "0" };\n`;

const tests = `
let broker;
beforeAll(async () => {
  broker = await startBroker({ port: 0, ephemeral: true, topics: { orders: 3 }, config: GROUPS_AT_ONCE });
});
afterAll(() => broker.stop());
test("an order is billed", async () => {
  expect(await roundTrip(Kafka, broker.bootstrapServers)).toBe("1");
}, 30_000);
test("two brokers do not know of each other", async () => {
  const other = await startBroker();
  expect(other.port).not.toBe(broker.port);
  await other.stop();
});
`;

const typed = `
export async function start(): Promise<string> {
  const options: BrokerOptions = { port: 0, topics: { orders: 3 } };
  const broker: Broker = await startBroker(options);
  const { bootstrapServers } = broker;
  await broker.stop();
  return bootstrapServers;
}
`;

const compilerOptions = {
  module: "nodenext",
  target: "es2023",
  lib: ["es2023", "esnext.disposable"],
  types: [],
  strict: true,
  noEmit: true,
};

const [imported, required] = [
  `import { startBroker } from "odradek";\nimport { Kafka } from "kafkajs";\n`,
  `const { startBroker } = require("odradek");\nconst { Kafka } = require("kafkajs");\n`,
];
const vitest = `import { afterAll, beforeAll, expect, test } from "vitest";\n`;
const importedTypes = `import { type Broker, type BrokerOptions, startBroker } from "odradek";\n`;

/** The project of a user who has installed the package: by name of file. */
export const userFiles: Readonly<Record<string, string>> = {
  "round-trip.mjs": `import { Kafka } from "kafkajs";\n${roundTrip}
console.log("read", await roundTrip(Kafka, process.argv[2]));\n`,
  "library.mjs": imported + atOnce + roundTrip + script,
  "library.cjs": required + atOnce + roundTrip + script,
  "vitest/orders.test.mjs": vitest + imported + atOnce + roundTrip + tests,
  "jest/orders.test.js": required + atOnce + roundTrip + tests,
  "types/esm.mts": importedTypes + typed,
  "types/commonjs.cts": importedTypes + typed,
  "types/tsconfig.json": JSON.stringify({ compilerOptions, files: ["esm.mts", "commonjs.cts"] }),
};
