import type { Difference } from "../../test/replay/replay.ts";

/**
 * Where Odradek answers otherwise than Apache Kafka 4.4.0, and why. Each entry must occur when the
 * recorded cases are replayed: one that does not is out of date, and the tests say so.
 */
export interface KnownDifference {
  readonly api: string;
  /** The cases it shows in; every case if left out. */
  readonly cases?: RegExp;
  /** Where in the answer, as a path; the whole path must match. */
  readonly path: RegExp;
  /** Why users are better off, or which later work closes it. */
  readonly reason: string;
}

/** APIs that are advertised once they are built: one entry each, so that none is forgotten here. */
function notBuiltYet(what: string, keys: readonly number[]): KnownDifference[] {
  return keys.map((key) => ({
    api: "ApiVersions",
    path: new RegExp(`^apiKeys\\[${key}\\]$`),
    reason: `${what}: advertised as soon as it is built in full`,
  }));
}

const transactions = "transactions are refused at once until they are built (DESIGN.md 17)";
const shareGroups = "share groups are not built yet";
const goneAtOnce =
  "a deleted topic is gone at once, where Kafka's brokers show it for some 50 ms more (as recorded)";

export const differences: readonly KnownDifference[] = [
  ...notBuiltYet("transactions", [24, 25, 26, 27, 28, 65, 66]),
  ...notBuiltYet(
    "authentication, ACLs and delegation tokens",
    [17, 29, 30, 31, 36, 38, 39, 40, 41],
  ),
  ...notBuiltYet("SCRAM users", [50, 51]),
  ...notBuiltYet("replication and placement", [80, 81, 94]),
  ...notBuiltYet("share groups", [76, 77, 78, 79, 83, 84, 85, 86, 87, 90, 91, 92]),
  ...notBuiltYet("streams groups", [88, 89, 93]),
  {
    api: "ApiVersions",
    path: /^(supportedFeatures|finalizedFeatures)\[(eligible\.leader\.replicas|kraft|share|streams|transaction)\.version\]$/,
    reason: "a feature is finalised with the part that it switches on (DESIGN.md 18)",
  },
  {
    api: "DescribeQuorum",
    path: /^nodes\[1\]\.listeners\[(CONTROLLER|PLAINTEXT)\]$/,
    reason:
      "there is no listener for controllers: the node is told by the one that the client came in on",
  },
  {
    api: "ApiVersions",
    path: /^apiKeys\[7[12]\]$/,
    reason:
      "what takes in metrics of clients is built in: Kafka says so only with a plugin that does (KIP-714)",
  },
  {
    api: "OffsetFetch",
    cases: /^made-up: an epoch without a member$/,
    path: /^groups\[[^\]]*\]\.errorCode$/,
    reason: "the member is unknown, which Kafka, looking for a member without a name, cannot say",
  },
  {
    api: "Metadata",
    cases: /^auto-create-first-answer$/,
    path: /^topics\[auto-\d+\]\.(errorCode|topicId|partitions\[0\])$/,
    reason:
      "auto-creation answers with the topic ready, because several clients do not retry Kafka's error 3 on every path",
  },
  {
    api: "Produce",
    cases: /^null-records$/,
    path: /^$/,
    reason: "answered with INVALID_RECORD, where Kafka never answers and mutes the connection",
  },
  {
    api: "Fetch",
    cases: /^made-up: session over re-creation, (deleted|made again|records again)$/,
    path: /^responses\[.*\]\.partitions\[0\]\.(errorCode|abortedTransactions)$/,
    reason:
      "an id whose topic is gone is an unknown id in sessions too; Kafka remembers its name, and says 3, or 103 once another topic bears it",
  },
  {
    api: "CreateTopics",
    cases: /^made-up: min\.cleanable\.dirty\.ratio '(1f|NaN)'$/,
    path: /^topics\[new\]\.(errorCode|errorMessage)$/,
    reason: "a ratio that is no number, or no number outside Java, is a slip and refused",
  },
  {
    api: "IncrementalAlterConfigs",
    cases: /^made-up: 1? ?((ssl|sasl)\..*|config\.providers .*|metric\.reporters '')$/,
    path: /^responses\[.*\]\.(errorCode|errorMessage)$/,
    reason:
      "settings of TLS, SASL and Java classes would have no effect, and are refused instead of kept for nothing",
  },
  {
    api: "DescribeLogDirs",
    path: /^(results)?\[0\]\.(totalBytes|usableBytes)$/,
    reason: "a broker in memory has no volume whose size it could tell, and says -1 as Kafka does",
  },
  {
    api: "Metadata",
    cases: /^by-id-after-delete$/,
    path: /^topics\[[^\]]+\]$/,
    reason: goneAtOnce,
  },
  {
    api: "Metadata",
    cases: /^by-name-after-delete$/,
    path: /^topics\[dflt\]\.(errorCode|topicId|partitions\[0\])$/,
    reason: goneAtOnce,
  },
  {
    api: "DescribeTopicPartitions",
    cases: /^all-topics$/,
    path: /^topics\[(auto-\d+|dflt)\]$/,
    reason: goneAtOnce,
  },
  {
    api: "FindCoordinator",
    cases: /^transaction$/,
    path: /^(coordinators\[t[xy]\]\.)?(errorCode|errorMessage|host|nodeId|port)$/,
    reason: transactions,
  },
  {
    api: "FindCoordinator",
    cases: /^share$/,
    path: /^coordinators\[g:A{21}Q:0\]\.(errorCode|host|nodeId|port)$/,
    reason: shareGroups,
  },
];

/** The entries that explain a difference. */
export function explanationsOf(difference: Difference): readonly KnownDifference[] {
  return differences.filter(
    (known) =>
      known.api === difference.api &&
      (known.cases?.test(difference.case) ?? true) &&
      known.path.test(difference.path),
  );
}

export function describeDifference(difference: Difference): string {
  const show = (value: unknown): string => (JSON.stringify(value) ?? "nothing").slice(0, 160);
  const { api, version, case: name, path, expected, actual } = difference;
  return `${api} v${version} ${name}: ${path} Kafka ${show(expected)}, Odradek ${show(actual)}`;
}
