import { describeBatches } from "./batches.ts";
import { type Identities, identityKind } from "./identities.ts";

/** A place where two answers differ. */
export interface Finding {
  readonly path: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

type Fields = Readonly<Record<string, unknown>>;

/** Texts for people, addresses and sizes of the machine: only their presence is compared. */
const masked: ReadonlySet<string> = new Set([
  "errorMessage",
  "batchIndexErrorMessage",
  "documentation",
  "host",
  "port",
  "logDir",
  "totalBytes",
  "usableBytes",
  "finalizedFeaturesEpoch",
]);

/** The same in one API only: how far the log of the metadata has come. */
const maskedIn: ReadonlySet<string> = new Set([
  "DescribeQuorum.highWatermark",
  "DescribeQuorum.leaderEpoch",
  "DescribeQuorum.logEndOffset",
]);

const clockFields: ReadonlySet<string> = new Set([
  "lastCaughtUpTimestamp",
  "lastFetchTimestamp",
  "logAppendTimeMs",
  "maxTimestamp",
  "timestamp",
]);

/** Arrays that Kafka fills in the order of a hash table, and which are therefore sets. */
const hashOrdered: ReadonlySet<string> = new Set([
  "ConsumerGroupDescribe.groups",
  "ConsumerGroupDescribe.members",
  "ConsumerGroupDescribe.topicPartitions",
  "ConsumerGroupDescribe.partitions",
  "ConsumerGroupHeartbeat.topicPartitions",
  "ConsumerGroupHeartbeat.partitions",
  "AlterReplicaLogDirs.partitions",
  "AlterReplicaLogDirs.results",
  "AlterClientQuotas.entity",
  "AlterClientQuotas.entries",
  "ApiVersions.apiKeys",
  "ApiVersions.supportedFeatures",
  "ApiVersions.finalizedFeatures",
  "CreatePartitions.results",
  "DeleteGroups.results",
  "DeleteRecords.topics",
  "DeleteTopics.responses",
  "DescribeClientQuotas.entity",
  "DescribeClientQuotas.entries",
  "DescribeClientQuotas.values",
  "DescribeConfigs.configs",
  "DescribeGroups.groups",
  "DescribeGroups.members",
  "DescribeLogDirs.partitions",
  "DescribeLogDirs.topics",
  "GetTelemetrySubscriptions.requestedMetrics",
  "JoinGroup.members",
  "ListConfigResources.configResources",
  "ListGroups.groups",
  "ListOffsets.partitions",
  "ListOffsets.topics",
  "Metadata.topics",
  "OffsetDelete.topics",
  "OffsetDelete.partitions",
  "OffsetFetch.topics",
  "Produce.partitionResponses",
  "Produce.responses",
]);

/** Fields that name an element of an array, the most telling first. */
const labels = [
  "name",
  "topic",
  "topicName",
  "topicId",
  "groupId",
  "memberId",
  "key",
  "apiKey",
  "partitionIndex",
  "index",
  "partition",
  "nodeId",
  "brokerId",
  "resourceName",
] as const;

/** A setting given in the broker's own properties: its value is the machine's, not Kafka's. */
const STATIC_BROKER_CONFIG = 4;

/** Compares a recorded answer with one of this run, field by field. */
export class Comparison {
  readonly findings: Finding[] = [];
  readonly #api: string;
  readonly #identities: Identities;

  constructor(api: string, identities: Identities) {
    this.#api = api;
    this.#identities = identities;
  }

  compare(expected: unknown, actual: unknown): readonly Finding[] {
    this.#value(expected, actual, { path: "", field: "" });
    return this.findings;
  }

  #value(expected: unknown, actual: unknown, place: Place): void {
    if (place.field === "records" && Buffer.isBuffer(expected) && Buffer.isBuffer(actual)) {
      this.#list(describeBatches(expected), describeBatches(actual), place);
    } else if (Array.isArray(expected) && Array.isArray(actual)) {
      this.#list(expected, actual, place);
    } else if (isFields(expected) && isFields(actual)) {
      this.#fields(expected, actual, place);
    } else if (!this.#agree(expected, actual, place.field)) {
      this.findings.push({ path: place.path, expected: plain(expected), actual: plain(actual) });
    }
  }

  #fields(expected: Fields, actual: Fields, place: Place): void {
    const ownToTheMachine = [expected["configSource"], expected["source"]].includes(
      STATIC_BROKER_CONFIG,
    );
    for (const field of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      if (ownToTheMachine && field === "value") continue;
      const path = place.path === "" ? field : `${place.path}.${field}`;
      this.#value(expected[field], actual[field], { path, field });
    }
  }

  #list(expected: readonly unknown[], actual: readonly unknown[], place: Place): void {
    const { wanted, present } = this.#label(expected, actual);
    const isSet = hashOrdered.has(`${this.#api}.${place.field}`);
    const rest = new Set(present.keys());
    const order: number[] = [];
    for (const [index, label] of wanted.entries()) {
      const path = `${place.path}[${label}]`;
      const alike = (at: number): boolean => contentOf(actual[at]) === contentOf(expected[index]);
      const isUnnamed = isSet && label === String(index);
      const candidates = [...rest].filter(
        (at) => present[at] === label || (isUnnamed && alike(at)),
      );
      const partner = candidates.find(alike) ?? candidates[0];
      if (partner === undefined) {
        this.findings.push({ path, expected: plain(expected[index]), actual: "missing" });
        continue;
      }
      rest.delete(partner);
      order.push(partner);
      this.#value(expected[index], actual[partner], { path, field: place.field });
    }
    for (const index of rest) {
      const path = `${place.path}[${present[index]}]`;
      this.findings.push({ path, expected: "missing", actual: plain(actual[index]) });
    }
    const isSorted = order.every((at, index) => index === 0 || at > (order[index - 1] ?? 0));
    if (!isSorted && !isSet) {
      this.findings.push({ path: `${place.path}.order`, expected: wanted, actual: present });
    }
  }

  /**
   * What the elements of both arrays are called in paths, and by what they find their partner. An
   * id that a broker chose is a name only once it is known which of ours it stands for.
   */
  #label(expected: readonly unknown[], actual: readonly unknown[]) {
    const translated = expected.map((element) => this.#translate(element));
    const present = idsIn(actual);
    const shared = new Set([...idsIn(translated)].filter((id) => present.has(id)));
    const name = (element: unknown, index: number): string =>
      isFields(element) ? (nameOf(element, shared) ?? String(index)) : String(index);
    return { wanted: translated.map(name), present: actual.map(name) };
  }

  /** The element with this run's ids, where they are known. */
  #translate(element: unknown): unknown {
    if (!isFields(element)) return element;
    const own = { ...element };
    for (const label of labels) {
      const kind = identityKind(label);
      if (kind !== undefined && label in own)
        own[label] = this.#identities.actual(kind, own[label]);
    }
    return own;
  }

  #agree(expected: unknown, actual: unknown, field: string): boolean {
    const isMasked = masked.has(field) || maskedIn.has(`${this.#api}.${field}`);
    if (isMasked && expected !== "NONE") return presence(expected) === presence(actual);
    const kind = identityKind(field);
    if (kind !== undefined) return this.#identities.agrees(kind, expected, actual);
    if (clockFields.has(field) && typeof expected === "number" && typeof actual === "number") {
      return this.#identities.agreesOnTime(expected, actual);
    }
    if (Buffer.isBuffer(expected) && Buffer.isBuffer(actual)) return expected.equals(actual);
    return expected === actual;
  }
}

interface Place {
  readonly path: string;
  readonly field: string;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Buffer.isBuffer(value);
}

/** The ids that a broker chose, of all elements. */
function idsIn(elements: readonly unknown[]): Set<unknown> {
  const ids = labels.filter((label) => identityKind(label) !== undefined);
  return new Set(elements.filter(isFields).flatMap((element) => ids.map((id) => element[id])));
}

function nameOf(element: Fields, sharedIds: ReadonlySet<unknown>): string | undefined {
  const isTelling = (label: (typeof labels)[number]): boolean => {
    const value = element[label];
    if (value === undefined || value === null || value === "") return false;
    return identityKind(label) === undefined || sharedIds.has(value);
  };
  const label = labels.find(isTelling);
  return label === undefined ? undefined : String(element[label]);
}

/** An element without what differs in every run, to tell it from its neighbours. */
function contentOf(element: unknown): string {
  if (!isFields(element)) return String(element);
  const own = Object.entries(element).filter(
    ([field]) => identityKind(field) === undefined && !masked.has(field),
  );
  return JSON.stringify(withoutOrder(plain(Object.fromEntries(own))));
}

/** The same with every list sorted: it is enough to find a partner by. */
function withoutOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    const texts = value.map((element) => JSON.stringify(withoutOrder(element)));
    return texts.sort();
  }
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, inner]) => [field, withoutOrder(inner)]),
  );
}

function presence(value: unknown): unknown {
  if (typeof value === "string") return value === "" ? "" : "text";
  return typeof value === "number" ? Math.sign(value) : value;
}

/** A value as a report shows it. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, plain(inner)]));
}
