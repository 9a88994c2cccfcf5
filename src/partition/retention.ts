import type { Logger } from "../telemetry/logger.ts";
import type { Partitions } from "./partitions.ts";

/** Partitions whose indexes may have to be read: between so many, others have their turn. */
const AT_ONCE = 20;

/**
 * Drops what topics whose `cleanup.policy` has "delete" need not keep any longer (Kafka's LogManager).
 * What fails for one partition is told, and the others go on.
 */
export async function deleteOldSegments(partitions: Partitions, logger: Logger): Promise<void> {
  let count = 0;
  for (const partition of partitions.all()) {
    count += 1;
    if (count % AT_ONCE === 0) await new Promise((resolve) => setImmediate(resolve));
    try {
      await partition.deleteOldSegments();
    } catch (error) {
      const { topic, index } = partition;
      logger.error(`old segments of ${topic}-${index} were not deleted`, { error });
    }
  }
}
