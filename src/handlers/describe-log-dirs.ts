import type { ReplicaOnDisk } from "../partition/replica-moves.ts";
import { ErrorCode } from "../protocol/errors.ts";
import {
  type DescribeLogDirsRequest,
  type DescribeLogDirsTopicInput,
  describeLogDirs,
} from "../protocol/generated/describe-log-dirs.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import { defineHandler, type Handler } from "./handler.ts";

type Topic = DescribeLogDirsTopicInput;

/**
 * DescribeLogDirs tells how many bytes lie on the disks of this broker, directory by directory and
 * partition by partition; of one on its way to another directory both logs. What it does not hold is
 * left out, and so are the partitions of a directory that is offline. Null topics mean all.
 *
 * v3  an error of its own for the whole answer
 * v4  size of the volume and what is free on it (KIP-827)
 * v5  whether the directory takes no new partitions (KIP-1066)
 */
export const describeLogDirsHandler: Handler = defineHandler({
  api: describeLogDirs,

  async handle(request, context, services) {
    if (!context.may("describe", "cluster", CLUSTER_NAME)) {
      const errorCode = ErrorCode.CLUSTER_AUTHORIZATION_FAILED;
      return { throttleTimeMs: 0, errorCode, results: [] };
    }
    const isAsked = filterOf(request);
    const directories = await services.replicaMoves.describe();
    const results = directories.map(({ path, replicas, ...told }) => ({
      ...told,
      logDir: path,
      topics: byTopic(replicas.filter(isAsked)),
    }));
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results };
  },
});

function filterOf({ topics }: DescribeLogDirsRequest): (replica: ReplicaOnDisk) => boolean {
  if (topics === null) return () => true;
  const asked = new Map<string, Set<number>>();
  for (const { topic, partitions } of topics) {
    const known = asked.get(topic) ?? new Set();
    for (const index of partitions) known.add(index);
    asked.set(topic, known);
  }
  return ({ topic, partition }) => asked.get(topic)?.has(partition) === true;
}

function byTopic(replicas: readonly ReplicaOnDisk[]): Topic[] {
  const topics = new Map<string, Topic["partitions"][number][]>();
  for (const { topic, partition, sizeInBytes, offsetLag, isFuture } of replicas) {
    const size = {
      partitionIndex: partition,
      partitionSize: sizeInBytes,
      offsetLag,
      isFutureKey: isFuture,
    };
    const known = topics.get(topic);
    if (known === undefined) topics.set(topic, [size]);
    else known.push(size);
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }));
}
