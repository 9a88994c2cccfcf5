import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Decision } from "./decisions.ts";
import type { MetadataImage, PartitionImage, TopicImage } from "./image.ts";
import { keys, partValue } from "./stored.ts";

/**
 * Which replica shall lead: the first of its list, if it is in sync; or, where nobody leads, any that
 * is alive, in sync or not (KIP-460).
 */
export type ElectionType = "preferred" | "unclean";

export interface WantedElection {
  readonly topic: string;
  readonly index: number;
  readonly type: ElectionType;
}

/** What an election comes to by this image; its result says why there was none. */
export function decideElection(
  image: MetadataImage,
  { topic: name, index, type }: WantedElection,
): Decision<KafkaError | undefined> {
  const topic = image.topic(name);
  const partition = topic?.partitions[index];
  if (topic === undefined || partition === undefined) {
    const message = `there is no partition ${name}-${index}`;
    return { result: new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, message) };
  }
  const elected = type === "preferred" ? preferred(image, partition) : anyone(image, partition);
  return elected instanceof KafkaError ? { result: elected } : leading(topic, partition, elected);
}

function preferred(image: MetadataImage, partition: PartitionImage): number | KafkaError {
  const [wanted = -1] = partition.replicas;
  if (partition.leader === wanted) return notNeeded("its preferred replica leads already");
  if (image.isAlive(wanted) && partition.isr.includes(wanted)) return wanted;
  return new KafkaError(
    ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE,
    `broker ${wanted}, its preferred leader, is not alive and in sync`,
  );
}

function anyone(image: MetadataImage, partition: PartitionImage): number | KafkaError {
  const { leader, replicas, isr, elr } = partition;
  if (image.isAlive(leader)) return notNeeded("it has a leader");
  // One that is alive, may lead and does not has its log in a directory that is offline.
  const able = replicas.filter((id) => image.isAlive(id) && !elr.includes(id));
  const elected = able.find((id) => isr.includes(id)) ?? able[0];
  return (
    elected ??
    new KafkaError(
      ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE,
      "none of its replicas is alive and has its log",
    )
  );
}

function notNeeded(message: string): KafkaError {
  return new KafkaError(ErrorCode.ELECTION_NOT_NEEDED, message);
}

/** Who was not in sync when elected begins anew, alone: the others follow it. */
function leading(
  topic: TopicImage,
  partition: PartitionImage,
  leader: number,
): Decision<KafkaError | undefined> {
  const { index, isr, leaderEpoch, partitionEpoch, revision } = partition;
  const key = keys.part(topic.id, index);
  const value = partValue({
    ...partition,
    leader,
    leaderEpoch: leaderEpoch + 1,
    partitionEpoch: partitionEpoch + 1,
    isr: isr.includes(leader) ? isr : [leader],
  });
  return {
    result: undefined,
    write: {
      comparison: { key, target: "modRevision", revision },
      operations: [{ type: "put", key, value }],
    },
  };
}
