interface AnsweredTopic {
  readonly name?: string | undefined;
  readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[];
}

/**
 * One answer of what the handler refused and what the coordinator did, refusals first, as Kafka
 * orders them. Where something was refused each topic comes once, else as often as it was asked;
 * one that nothing was asked of does not come.
 */
export function mergedTopics<Topic extends AnsweredTopic>(
  refused: readonly Topic[],
  answered: readonly Topic[],
): Topic[] {
  if (refused.every(({ partitions }) => partitions.length === 0)) {
    return answered.filter(({ partitions }) => partitions.length > 0);
  }
  const merged = new Map<string, Topic>();
  for (const topic of [...refused, ...answered]) {
    if (topic.partitions.length === 0) continue;
    const name = topic.name ?? "";
    const before = merged.get(name)?.partitions ?? [];
    merged.set(name, { ...topic, partitions: [...before, ...topic.partitions] });
  }
  return [...merged.values()];
}
