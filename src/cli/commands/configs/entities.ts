import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { forbidTogether, onlyAction } from "../../tool/given.ts";
import { CommandError } from "../command.ts";
import type { GivenOptions } from "../given-options.ts";

/** What is configured: types, and as many names; "" is the default of its type. */
export interface Entities {
  readonly types: readonly string[];
  readonly names: readonly string[];
}

const entityTypes = [
  "broker-loggers",
  "topics",
  "clients",
  "users",
  "brokers",
  "ips",
  "client-metrics",
  "groups",
];

/** Types that have defaults. */
const withDefault = ["users", "clients", "brokers", "ips"];

/** Flags that say type and name at once. */
const named: readonly (readonly [string, string])[] = [
  ["topic", "topics"],
  ["client", "clients"],
  ["user", "users"],
  ["broker", "brokers"],
  ["broker-logger", "broker-loggers"],
  ["ip", "ips"],
  ["client-metrics", "client-metrics"],
  ["group", "groups"],
];

const ofDefaults: readonly (readonly [string, string])[] = [
  ["client-defaults", "clients"],
  ["user-defaults", "users"],
  ["broker-defaults", "brokers"],
  ["ip-defaults", "ips"],
];

/** What is to be done. @throws CommandError, UsageRefusal in the words of Kafka's tool */
export async function checkedEntities(given: GivenOptions): Promise<Entities> {
  onlyAction(
    given,
    ["alter", "describe"],
    "Command must include exactly one action: --describe, --alter",
  );
  forbidTogether(given, "describe", ["add-config", "delete-config"]);
  const entities = entitiesOf(given);
  checkTypes(given, entities.types);
  await checkNames(given, entities);
  if (given.has("describe")) checkDescribe(given, entities);
  else checkAlter(given, entities);
  return entities;
}

function entitiesOf(given: GivenOptions): Entities {
  const flags = [...named, ...ofDefaults].filter(([name]) => given.has(name));
  const values = given.texts("entity-name").values();
  const plain = given.order.flatMap((name) => {
    if (name === "entity-default") return [""];
    return name === "entity-name" ? [values.next().value ?? ""] : [];
  });
  return {
    types: [...given.texts("entity-type"), ...flags.map(([, type]) => type)],
    names: [...plain, ...flags.map(([name]) => given.text(name) ?? "")],
  };
}

function checkTypes(given: GivenOptions, types: readonly string[]): void {
  const twice = [...new Set(types.filter((type, at) => types.indexOf(type) !== at))];
  if (twice.length > 0) {
    throw new CommandError(`Duplicate entity type(s) specified: ${twice.join(",")}`);
  }
  if (!given.has("bootstrap-server") && !given.has("bootstrap-controller")) {
    throw new CommandError(
      "Either --bootstrap-server or --bootstrap-controller must be specified.",
    );
  }
  const unknown = types.find((type) => !entityTypes.includes(type));
  if (unknown !== undefined) {
    const all = entityTypes.join(", ");
    throw new CommandError(
      `Invalid entity type ${unknown}, the entity type must be one of ${all} with a --bootstrap-server or --bootstrap-controller argument`,
    );
  }
  if (types.length === 0) throw new CommandError("At least one entity type must be specified");
  const isPair = types.length === 2 && types.includes("users") && types.includes("clients");
  if (types.length > 1 && !isPair) {
    throw new CommandError("Only 'users' and 'clients' entity types may be specified together");
  }
  const isLong = ["entity-type", "entity-name", "entity-default"].some((name) => given.has(name));
  if (isLong && [...named, ...ofDefaults].some(([name]) => given.has(name))) {
    throw new CommandError(
      "--entity-{type,name,default} should not be used in conjunction with specific entity flags",
    );
  }
}

async function checkNames(given: GivenOptions, { types, names }: Entities): Promise<void> {
  if (given.has("bootstrap-server") && given.has("bootstrap-controller")) {
    throw new CommandError(
      "Only one of --bootstrap-server or --bootstrap-controller can be specified",
    );
  }
  const [type = ""] = types;
  for (const name of names.filter((each) => each !== "")) {
    if (type === "brokers" || type === "broker-loggers") checkBrokerId(name, type);
    if (type === "ips") await checkAddress(name, type);
  }
}

function checkBrokerId(name: string, type: string): void {
  if (/^[+-]?\d{1,10}$/.test(name)) return;
  throw new CommandError(
    `The entity name for ${type} must be a valid integer broker id, but it is: ${name}`,
  );
}

async function checkAddress(name: string, type: string): Promise<void> {
  if (isIP(name) !== 0) return;
  try {
    await lookup(name);
  } catch (error) {
    throw new CommandError(
      `The entity name for ${type} must be a valid IP or resolvable host, but it is: ${name}`,
      { cause: error },
    );
  }
}

function checkDescribe(given: GivenOptions, { types, names }: Entities): void {
  const all = types.join(",");
  if (given.has("entity-default") && !types.some((type) => withDefault.includes(type))) {
    throw new CommandError(`--entity-default must not be specified with --describe of ${all}`);
  }
  if (types.includes("broker-loggers") && !names.some((name) => name !== "")) {
    throw new CommandError(`An entity name must be specified with --describe of ${all}`);
  }
}

function checkAlter(given: GivenOptions, { types, names }: Entities): void {
  if (types.some((type) => withDefault.includes(type))) {
    if (names.length === 0) {
      throw new CommandError(
        "An entity-name or default entity must be specified with --alter of users, clients, brokers or ips",
      );
    }
  } else if (!names.some((name) => name !== "")) {
    throw new CommandError(`An entity name must be specified with --alter of ${types.join(",")}`);
  }
  const isAdding = given.has("add-config") || given.has("add-config-file");
  if (given.has("add-config") && given.has("add-config-file")) {
    throw new CommandError("Only one of --add-config or --add-config-file must be specified");
  }
  if (!isAdding && !given.has("delete-config")) {
    throw new CommandError(
      "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter",
    );
  }
  if (types.length !== names.length) {
    throw new CommandError("An entity name must be specified for every entity type");
  }
}
