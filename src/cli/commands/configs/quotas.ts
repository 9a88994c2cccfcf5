import type { ClusterClient } from "../../../client/cluster-client.ts";
import { ErrorCode, KafkaError } from "../../../protocol/errors.ts";
import { alterClientQuotas } from "../../../protocol/generated/alter-client-quotas.ts";
import {
  describeClientQuotas,
  type EntryData,
} from "../../../protocol/generated/describe-client-quotas.ts";
import { describeUserScramCredentials } from "../../../protocol/generated/describe-user-scram-credentials.ts";
import { demand } from "../../tool/java-errors.ts";
import { jsonText } from "../../tool/json.ts";
import { CommandError } from "../command.ts";
import type { Changes } from "./changes.ts";
import type { Entities } from "./entities.ts";
import { javaDouble } from "./java-double.ts";
import type { Work } from "./work.ts";

/** How an entity of a quota is looked for. */
const Match = { EXACT: 0, DEFAULT: 1, ANY: 2 } as const;

/** The protocol's names of entities. */
const protocolTypes: Readonly<Record<string, string>> = {
  users: "user",
  clients: "client-id",
  ips: "ip",
};

/** Entities in the order in which they are shown, with what they are called there. */
const shownTypes: readonly (readonly [string, string])[] = [
  ["user", "user-principal"],
  ["client-id", "client-id"],
  ["ip", "ip"],
];

const clientQuotas = [
  "producer_byte_rate",
  "consumer_byte_rate",
  "request_percentage",
  "controller_mutation_rate",
];
const addressQuotas = ["connection_creation_rate"];
const scram = ["SCRAM-SHA-256", "SCRAM-SHA-512"];

/** Whether settings of entities of this type are quotas. */
export function hasQuotas(type: string): boolean {
  return type in protocolTypes;
}

/** Prints the quotas that were set for the entities. @throws KafkaError */
export async function showQuotas(work: Work, entities: Entities): Promise<void> {
  const { client, options, print } = work;
  const entries = await quotasOf(client, entities);
  const { types, names } = entities;
  const isOfUsers = types.includes("users") && !types.includes("clients") && !names.includes("");
  const users = isOfUsers ? await scramUsers(client, names) : [];
  if (options.has("json")) {
    print(jsonText({ quotas: entries.map(documentOf), scramCredentials: users }));
    return;
  }
  for (const entry of entries) print(`${textOf(entry)}\n`);
  for (const { user, credentials } of users) {
    const infos = credentials.map(
      ({ mechanism, iterations }) => `${mechanism}=iterations=${iterations}`,
    );
    print(`SCRAM credential configs for user-principal '${user}' are ${infos.join(", ")}\n`);
  }
}

async function quotasOf(
  client: ClusterClient,
  { types, names }: Entities,
): Promise<readonly EntryData[]> {
  const components = types.map((type, at) => {
    const name = names[at];
    const entityType = protocolTypes[type] ?? type;
    if (name === undefined) return { entityType, matchType: Match.ANY, match: null };
    if (name === "") return { entityType, matchType: Match.DEFAULT, match: null };
    return { entityType, matchType: Match.EXACT, match: name };
  });
  return client.retry(async () => {
    const answer = await client.any(describeClientQuotas, { components, strict: true });
    demand(answer);
    return answer.entries ?? [];
  });
}

const mechanismNames: Readonly<Record<number, string>> = { 1: "SCRAM-SHA-256", 2: "SCRAM-SHA-512" };

async function scramUsers(client: ClusterClient, names: readonly string[]) {
  const users = names.length === 0 ? null : names.map((name) => ({ name }));
  try {
    const answer = await client.any(describeUserScramCredentials, { users });
    demand(answer);
    return answer.results
      .filter(({ errorCode }) => errorCode === ErrorCode.NONE)
      .map(({ user, credentialInfos }) => ({
        user,
        credentials: credentialInfos.map(({ mechanism, iterations }) => ({
          mechanism: mechanismNames[mechanism] ?? "UNKNOWN",
          iterations,
        })),
      }));
  } catch (error) {
    // A broker that has no such users has none to show.
    if (error instanceof KafkaError && error.code === ErrorCode.UNSUPPORTED_VERSION) return [];
    throw error;
  }
}

function textOf({ entity, values }: EntryData): string {
  const entities = shownTypes.flatMap(([type, shown]) => {
    const found = entity.find(({ entityType }) => entityType === type);
    if (found === undefined) return [];
    return [found.entityName ? `${shown} '${found.entityName}'` : `the default ${shown}`];
  });
  const quotas = values.map(({ key, value }) => `${key}=${javaDouble(value)}`);
  return `Quota configs for ${entities.join(", ")} are ${quotas.join(", ")}`;
}

function documentOf({ entity, values }: EntryData) {
  return {
    entity: Object.fromEntries(
      entity.map(({ entityType, entityName }) => [entityType, entityName]),
    ),
    quotas: Object.fromEntries(values.map(({ key, value }) => [key, value])),
  };
}

/** Sets quotas of one entity. @throws CommandError, KafkaError */
export async function alterQuotas(
  client: ClusterClient,
  entities: Entities,
  changes: Changes,
): Promise<void> {
  checkNames(entities, changes);
  const [old] = await quotasOf(client, entities);
  const unset = changes.deleted.filter((name) => !old?.values.some(({ key }) => key === name));
  if (unset.length > 0) throw new CommandError(`Invalid config(s): ${unset.join(",")}`);
  const ops = [
    ...[...changes.added].map(([key, value]) => ({
      key,
      value: rateOf(key, value),
      remove: false,
    })),
    ...changes.deleted.map((key) => ({ key, value: 0, remove: true })),
  ];
  const entity = entities.types.map((type, at) => ({
    entityType: protocolTypes[type] ?? type,
    entityName: entities.names[at] || null,
  }));
  await client.retry(async () => {
    const request = { entries: [{ entity, ops }], validateOnly: false };
    const answer = await client.any(alterClientQuotas, request);
    for (const entry of answer.entries) demand(entry);
  });
}

/** As Java reads a double. @throws CommandError */
function rateOf(name: string, text: string): number {
  const trimmed = text.trim();
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[df]?$/i.test(trimmed))
    return Number.parseFloat(trimmed);
  throw new CommandError(`Cannot parse quota configuration value for ${name}: ${text}`);
}

function checkNames({ types }: Entities, { added, deleted }: Changes): void {
  if (types.includes("ips")) {
    const strange = [...added.keys(), ...deleted].filter((name) => !addressQuotas.includes(name));
    if (strange.length === 0) return;
    throw new CommandError(
      `Only connection quota configs can be added for 'ips' using --bootstrap-server. Unexpected config names: ${strange.join(", ")}`,
    );
  }
  const isOfClients = types.includes("clients");
  const known = isOfClients ? clientQuotas : [...clientQuotas, ...scram];
  const what = isOfClients ? "quota" : "quota and SCRAM credential";
  const whose = isOfClients ? "clients" : "users";
  for (const [names, verb] of [
    [[...added.keys()], "added"],
    [deleted, "deleted"],
  ] as const) {
    const strange = names.filter((name) => !known.includes(name));
    if (strange.length === 0) continue;
    throw new CommandError(
      `Only ${what} configs can be ${verb} for '${whose}' using --bootstrap-server. Unexpected config names: ${strange.join(",")}`,
    );
  }
  if ([...added.keys(), ...deleted].some((name) => scram.includes(name))) {
    throw new CommandError("SCRAM credentials cannot be changed with odradek configs");
  }
}
