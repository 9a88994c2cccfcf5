import { type Admin, Kafka, logLevel } from "kafkajs";

/** Asks the broker itself, through kafkajs's admin client, what it holds. */
export async function ask<T>(
  bootstrap: string,
  question: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await question(admin);
  } finally {
    await admin.disconnect();
  }
}

/** The end offset of each partition of a topic, by partition. */
export async function endOffsets(bootstrap: string, topic: string): Promise<Map<number, number>> {
  const offsets = await ask(bootstrap, (admin) => admin.fetchTopicOffsets(topic));
  return new Map(offsets.map(({ partition, high }) => [partition, Number(high)]));
}
