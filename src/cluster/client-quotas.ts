import { isIP } from "node:net";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import type { Decision } from "./decisions.ts";
import type { MetadataImage } from "./image.ts";
import type { StoredEntry } from "./metadata-store.ts";
import { keys } from "./stored.ts";

/** Whom a quota can be set for: a user, a client id, both together, or an address. */
export type EntityType = "user" | "client-id" | "ip";

/** The parts that name an entity; null is the default for all that have no quota of their own. */
export type QuotaEntity = ReadonlyMap<string, string | null>;

export interface ClientQuotaImage {
  readonly entity: QuotaEntity;
  /** By Kafka's names; see {@link quotaKeys}. Each above 0. */
  readonly values: ReadonlyMap<string, number>;
  /** The store's revision that last changed it: the token of its CAS. */
  readonly revision: number;
}

export interface QuotaAlteration {
  readonly entity: QuotaEntity;
  /** By key; undefined removes it. */
  readonly values: ReadonlyMap<string, number | undefined>;
}

interface QuotaKey {
  readonly isOfAddress: boolean;
  /** Undefined: any number, with a fraction too. */
  readonly maxInteger?: number;
}

const MAX_INT = 2 ** 31 - 1;
/** Java's largest long, which is no double: as one it is this. */
const MAX_LONG = 2 ** 63;

/** What can be limited (QuotaConfig). Bytes, connections and mutations are per second. */
const quotaKeys: ReadonlyMap<string, QuotaKey> = new Map([
  ["producer_byte_rate", { isOfAddress: false, maxInteger: MAX_LONG }],
  ["consumer_byte_rate", { isOfAddress: false, maxInteger: MAX_LONG }],
  ["request_percentage", { isOfAddress: false }],
  ["controller_mutation_rate", { isOfAddress: false }],
  ["connection_creation_rate", { isOfAddress: true, maxInteger: MAX_INT }],
]);

const entityTypes: ReadonlySet<string> = new Set<EntityType>(["client-id", "user", "ip"]);

export function isEntityType(type: string): type is EntityType {
  return entityTypes.has(type);
}

/** How an entity is called in the store: names are escaped, a default's is empty. */
export function entityKey(entity: QuotaEntity): string {
  const parts = [...entity].sort(([one], [other]) => (one < other ? -1 : 1));
  return parts
    .map(([type, name]) => `${type}/${name === null ? "" : encodeURIComponent(name)}`)
    .join("/");
}

/** What an alteration comes to by this image (ClientQuotaControlManager). */
export function decideQuotas(
  image: MetadataImage,
  { entity, values }: QuotaAlteration,
): Decision<KafkaError | undefined> {
  const why = whyNot(entity, values);
  if (why !== undefined) return { result: new KafkaError(ErrorCode.INVALID_REQUEST, why) };
  const before = image.clientQuotas.get(entityKey(entity));
  const after = new Map(before?.values);
  for (const [name, value] of values) {
    if (value === undefined) after.delete(name);
    else after.set(name, value);
  }
  if (isSame(before?.values ?? new Map(), after)) return { result: undefined };
  const key = keys.quotasOf(entityKey(entity));
  return {
    result: undefined,
    write: {
      comparison: { key, target: "modRevision", revision: before?.revision ?? 0 },
      operations: [
        after.size === 0
          ? { type: "delete", key }
          : { type: "put", key, value: quotasValue(entity, after) },
      ],
    },
  };
}

function whyNot(entity: QuotaEntity, values: QuotaAlteration["values"]): string | undefined {
  const bad = whyNotEntity(entity);
  if (bad !== undefined) return bad;
  for (const [name, value] of values) {
    const why = value === undefined ? undefined : whyNotValue(name, value, entity.has("ip"));
    if (why !== undefined) return why;
  }
  return undefined;
}

function whyNotEntity(entity: QuotaEntity): string | undefined {
  if (entity.size === 0) return "an entity needs a user, a client-id or an ip";
  for (const [type, name] of entity) {
    if (!isEntityType(type)) return `'${type}' is not a type of entity`;
    if (name === "") return `an empty ${type} can have no quota`;
  }
  const ip = entity.get("ip");
  if (ip === undefined) return undefined;
  if (entity.size > 1) return "a quota for an ip cannot be for a user or client-id too";
  return ip === null || isIP(ip) > 0 ? undefined : `'${ip}' is not an address`;
}

function whyNotValue(name: string, value: number, isOfAddress: boolean): string | undefined {
  const key = quotaKeys.get(name);
  if (key?.isOfAddress !== isOfAddress) return `'${name}' cannot be set for this entity`;
  // NaN is taken, as in Kafka.
  if (value <= 0) return `${name} must be above 0`;
  const { maxInteger } = key;
  if (maxInteger === undefined) return undefined;
  if (value > maxInteger) return `${name} can be ${maxInteger} at most`;
  return value % 1 > 1e-6 ? `${name} must be a whole number` : undefined;
}

function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  if (one.size !== other.size) return false;
  for (const [name, value] of one) if (!Object.is(other.get(name), value)) return false;
  return true;
}

interface StoredQuotas {
  readonly entity: Readonly<Record<string, string | null>>;
  /** As texts: JSON has no infinity. */
  readonly values: Readonly<Record<string, string>>;
}

export function quotasValue(entity: QuotaEntity, values: ReadonlyMap<string, number>): string {
  const stored: StoredQuotas = {
    entity: Object.fromEntries(entity),
    values: Object.fromEntries([...values].map(([name, value]) => [name, String(value)])),
  };
  return JSON.stringify(stored);
}

export function quotasOf(stored: StoredEntry): ClientQuotaImage {
  const { entity, values } = JSON.parse(stored.value) as StoredQuotas;
  return {
    entity: new Map(Object.entries(entity)),
    values: new Map(Object.entries(values).map(([name, value]) => [name, Number(value)])),
    revision: stored.modRevision,
  };
}
