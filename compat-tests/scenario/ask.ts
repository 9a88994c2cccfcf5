import { setTimeout as sleep } from "node:timers/promises";
import { type Admin, Kafka, logLevel } from "kafkajs";

const PATIENCE_MS = 20_000;

/**
 * Asks the broker itself, through kafkajs's admin client, what it holds. Asks again while the answer
 * is an error that passes: Apache Kafka gives some right after a topic was made or after a start.
 */
export async function ask<T>(
  bootstrap: string,
  question: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const began = performance.now();
    for (;;) {
      try {
        return await question(admin);
      } catch (error) {
        const passes = (error as { retriable?: boolean }).retriable === true;
        if (!passes || performance.now() - began > PATIENCE_MS) throw error;
        await sleep(100);
      }
    }
  } finally {
    await admin.disconnect();
  }
}

/** The end offset of each partition of a topic, by partition. */
export async function endOffsets(bootstrap: string, topic: string): Promise<Map<number, number>> {
  const offsets = await ask(bootstrap, (admin) => admin.fetchTopicOffsets(topic));
  return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
}
