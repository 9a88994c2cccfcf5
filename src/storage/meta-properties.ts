/** Who a data directory belongs to (Kafka's meta.properties). */
export interface MetaProperties {
  readonly clusterId: string;
  readonly nodeId: number;
  readonly directoryId: string;
}

/** As a file says it: an older Kafka gave directories no id. */
export type FoundProperties = Omit<MetaProperties, "directoryId"> & {
  readonly directoryId: string | undefined;
};

/** Undefined where it does not say whose directory it is. */
export function parseMetaProperties(text: string): FoundProperties | undefined {
  const values = new Map(
    text
      .split("\n")
      .filter((line) => line.trim() !== "" && !line.startsWith("#"))
      .map((line): [string, string] => {
        const at = line.indexOf("=");
        return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
      }),
  );
  const clusterId = values.get("cluster.id");
  const directoryId = values.get("directory.id");
  const nodeId = Number(values.get("node.id"));
  if (clusterId === undefined || !Number.isInteger(nodeId)) return undefined;
  return { clusterId, nodeId, directoryId };
}

export function formatMetaProperties(properties: MetaProperties): string {
  return [
    `node.id=${properties.nodeId}`,
    `directory.id=${properties.directoryId}`,
    "version=1",
    `cluster.id=${properties.clusterId}`,
    "",
  ].join("\n");
}
