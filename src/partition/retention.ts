import type { MetadataImage } from "../cluster/image.ts";
import type { BrokerConfig } from "../config/broker-config.ts";
import { resolveTopicConfig } from "../config/topic-config.ts";
import type { Partitions } from "./partitions.ts";

/** Drops what topics with cleanup.policy=delete need not keep any longer (Kafka's LogManager). */
export async function deleteOldSegments(
  image: MetadataImage,
  partitions: Partitions,
  config: BrokerConfig,
): Promise<void> {
  for (const { name, configs } of image.topics()) {
    const { cleanupPolicy, retentionMs, retentionBytes } = resolveTopicConfig(config, configs);
    if (!cleanupPolicy.has("delete")) continue;
    for (const partition of partitions.forTopic(name)) {
      await partition.deleteOldSegments({ retentionMs, retentionBytes });
    }
  }
}
