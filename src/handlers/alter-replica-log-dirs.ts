import { ErrorCode, toErrorCode } from "../protocol/errors.ts";
import {
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponseInput,
  alterReplicaLogDirs,
} from "../protocol/generated/alter-replica-log-dirs.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import { defineHandler, type Handler, type Services } from "./handler.ts";

/**
 * AlterReplicaLogDirs moves partitions between the directories of this broker, while they serve
 * (KIP-113). The answer says that a move has begun, or that there is none to make; DescribeLogDirs
 * shows how far it is. A partition that is not here yet will be made in the directory named.
 *
 * v2  flexible
 */
export const alterReplicaLogDirsHandler: Handler = defineHandler({
  api: alterReplicaLogDirs,

  async handle(request, context, services) {
    const mayAlter = context.may("alter", "cluster", CLUSTER_NAME);
    const results: AlterReplicaLogDirsResponseInput["results"] = await Promise.all(
      [...asked(request)].map(async ([topicName, paths]) => ({
        topicName,
        partitions: await Promise.all(
          [...paths].map(async ([partitionIndex, path]) => ({
            partitionIndex,
            errorCode: mayAlter
              ? await move({ topic: topicName, index: partitionIndex }, path, services)
              : ErrorCode.CLUSTER_AUTHORIZATION_FAILED,
          })),
        ),
      })),
    );
    return { throttleTimeMs: 0, results };
  },
});

/** Paths by topic and partition; of one that is named twice, the last. */
function asked({ dirs }: AlterReplicaLogDirsRequest): Map<string, Map<number, string>> {
  const topics = new Map<string, Map<number, string>>();
  for (const { path, topics: named } of dirs) {
    for (const { name, partitions } of named) {
      const paths = topics.get(name) ?? new Map<number, string>();
      for (const index of partitions) paths.set(index, path);
      if (paths.size > 0) topics.set(name, paths);
    }
  }
  return topics;
}

async function move(
  place: { readonly topic: string; readonly index: number },
  path: string,
  { replicaMoves, partitions, logger }: Services,
): Promise<ErrorCode> {
  try {
    await replicaMoves.move(place, path, partitions.get(place.topic, place.index));
    return ErrorCode.NONE;
  } catch (error) {
    logger.warn(`${place.topic}-${place.index} cannot be moved to ${path}`, { error });
    return toErrorCode(error);
  }
}
