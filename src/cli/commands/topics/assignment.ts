/** Each partition's brokers, in the order of partitions. */
export type Assignment = readonly (readonly number[])[];

/**
 * Reads a `--replica-assignment`: partitions apart by commas, brokers by colons.
 *
 * @throws Error if one broker is named twice, or partitions have different numbers of them
 */
export function parseAssignment(text: string): Assignment {
  if (text === "") return [];
  const partitions = text.split(",").map((brokers) => brokers.split(":").map(brokerOf));
  const wanted = partitions[0]?.length ?? 0;
  for (const [index, brokers] of partitions.entries()) {
    const twice = [...new Set(brokers.filter((id, at) => brokers.indexOf(id) !== at))];
    if (twice.length > 0) {
      const ids = twice.join(",");
      throw new Error(`Partition replica lists may not contain duplicate entries: ${ids}`);
    }
    if (brokers.length !== wanted) {
      const list = `[${brokers.join(", ")}]`;
      throw new Error(`Partition ${index} has different replication factor: ${list}`);
    }
  }
  return partitions;
}

function brokerOf(text: string): number {
  const trimmed = text.trim();
  if (!/^[+-]?\d+$/.test(trimmed)) throw new Error(`For input string: "${trimmed}"`);
  return Number(trimmed);
}
