const NODE_ID = "1";
const DATA_DIRECTORY = "./odradek-data";

/**
 * What is as if given where nothing is, because a broker for one machine needs it otherwise than
 * Kafka's defaults have it: an id, a directory that is found again, groups that do not wait, sockets
 * that only this machine reaches. The README lists them with reasons.
 */
export function withPresets(given: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const all = new Map(given);
  const preset = (name: string, text: string) => {
    if (!all.has(name)) all.set(name, text);
  };
  preset("node.id", all.get("broker.id") ?? NODE_ID);
  preset("broker.id", all.get("node.id") ?? NODE_ID);
  preset("log.dirs", all.get("log.dir") ?? DATA_DIRECTORY);
  preset("group.initial.rebalance.delay.ms", "0");
  if (!all.has("listeners") && !all.has("advertised.listeners")) {
    for (const [name, text] of Object.entries(loopbackListeners(9092))) all.set(name, text);
  }
  return all;
}

/** Both loopback addresses, told to clients by the name that means either. */
export function loopbackListeners(port: number): Readonly<Record<string, string>> {
  return {
    listeners: `PLAINTEXT://127.0.0.1:${port},PLAINTEXT://[::1]:${port}`,
    "advertised.listeners": `PLAINTEXT://localhost:${port}`,
  };
}
