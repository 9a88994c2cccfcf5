import type { Partitions } from "../partition/partitions.ts";
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
 * DescribeLogDirs tells how many bytes lie on the disks of this broker, partition by partition. What
 * it does not hold is left out. Null topics mean all.
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
    const directories = await services.logDirs.describe();
    const topics = topicsAsked(request, services.partitions);
    const results = directories.map(({ path, ...sizes }, at) => ({
      errorCode: ErrorCode.NONE,
      logDir: path,
      // A broker keeps its partitions in the first of its directories.
      topics: at === 0 ? topics : [],
      ...sizes,
    }));
    return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, results };
  },
});

function topicsAsked({ topics }: DescribeLogDirsRequest, partitions: Partitions): Topic[] {
  if (topics === null) return allTopics(partitions);
  const asked = new Map<string, Set<number>>();
  for (const { topic, partitions: indexes } of topics) {
    const known = asked.get(topic) ?? new Set();
    for (const index of indexes) known.add(index);
    asked.set(topic, known);
  }
  return [...asked].flatMap(([name, indexes]) => {
    const held = [...indexes].flatMap((index) => {
      const partition = partitions.get(name, index);
      return partition ? [sizeOf(partition)] : [];
    });
    return held.length === 0 ? [] : [{ name, partitions: held }];
  });
}

function allTopics(partitions: Partitions): Topic[] {
  const held = new Map<string, Topic["partitions"][number][]>();
  for (const partition of partitions.all()) {
    const sizes = held.get(partition.topic);
    if (sizes === undefined) held.set(partition.topic, [sizeOf(partition)]);
    else sizes.push(sizeOf(partition));
  }
  return [...held].map(([name, sizes]) => ({ name, partitions: sizes }));
}

function sizeOf({ index, sizeInBytes }: { index: number; sizeInBytes: number }) {
  return { partitionIndex: index, partitionSize: sizeInBytes, offsetLag: 0, isFutureKey: false };
}
