import type { TopicPartition } from "../../../client/partitions.ts";
import { UsageRefusal } from "../command.ts";

/** Reads `topic:0,1,2`. @throws UsageRefusal */
export function parsePartitions(text: string): TopicPartition[] {
  const [topic, numbers, more] = text.split(":");
  if (topic === undefined || !numbers || more !== undefined) {
    throw new UsageRefusal(`Invalid topic arg '${text}', expected topic name and partitions`);
  }
  return numbers.split(",").map((number) => {
    if (/^[+-]?\d+$/.test(number)) return { topic, partition: Number(number) };
    throw new UsageRefusal(`Invalid partition '${number}' specified in topic arg '${text}''`);
  });
}
