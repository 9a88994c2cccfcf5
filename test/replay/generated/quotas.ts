import type { Replay } from "../replay.ts";
import { type Scenario, settled } from "../scenario.ts";
import { type Asked, askInEveryVersion, variants } from "./asked.ts";

/** Made-up questions about client quotas: what may be set, on what, and what is then found. */
export const madeUpQuotas: Scenario = {
  name: "made up: client quotas",
  steps: [refusals, combinations, findings, removals],
};

type Name = string | null;

const entity = (...parts: [type: string, name: Name][]) =>
  parts.map(([entityType, entityName]) => ({ entityType, entityName }));
const set = (key: string, value: number) => ({ key, value, remove: false });
const remove = (key: string) => ({ key, value: 0, remove: true });
const entry = (of: ReturnType<typeof entity>, ...ops: ReturnType<typeof set>[]) => ({
  entity: of,
  ops,
});
const entries = (...each: ReturnType<typeof entry>[]) => ({ entries: each, validateOnly: false });

const client = entity(["client-id", "c"]);
const produce = "producer_byte_rate";
const connections = "connection_creation_rate";

async function refusals(replay: Replay): Promise<void> {
  const values = [0, -0, -1, 0.5, 1.0000001, 1.001, 1e15, 2 ** 63, 2 ** 64, Number.MAX_VALUE];
  const keys = [
    produce,
    "consumer_byte_rate",
    "request_percentage",
    "controller_mutation_rate",
    connections,
    "leader.replication.throttled.rate",
    "",
  ];
  const asked = {
    ...Object.fromEntries(
      keys.flatMap((key) =>
        values.map((value) => [`${key}=${value}`, entries(entry(client, set(key, value)))]),
      ),
    ),
    ...Object.fromEntries(
      [...values, 2 ** 31, 2 ** 31 - 1].map((value) => [
        `ip ${connections}=${value}`,
        entries(entry(entity(["ip", "10.0.0.9"]), set(connections, value))),
      ]),
    ),
    nothing: entries(),
    "nothing to do": entries(entry(client)),
    "same key twice": entries(entry(client, set(produce, 5), set(produce, 6))),
    "same key set and removed": entries(entry(client, set(produce, 5), remove(produce))),
    "same entity twice": entries(entry(client, set(produce, 5)), entry(client, set(produce, 6))),
    "same type twice": entries(
      entry(entity(["user", "a"], ["user", "b"]), set("request_percentage", 1)),
    ),
    "empty name": entries(entry(entity(["user", ""]), set(produce, 5))),
    "empty name beside another": entries(
      entry(entity(["user", ""], ["client-id", "c"]), set(produce, 5)),
    ),
    "type in capitals": entries(entry(entity(["USER", "u"]), set(produce, 5))),
    "no type": entries(entry(entity(["", "u"]), set(produce, 5))),
    "ip beside a user": entries(
      entry(entity(["ip", "10.0.0.9"], ["user", "u"]), set(connections, 5)),
    ),
    "ip that is none": entries(entry(entity(["ip", "not an address"]), set(connections, 5))),
    "ip with another's key": entries(entry(entity(["ip", "10.0.0.9"]), set(produce, 5))),
    "remove what is not set": entries(entry(client, remove("consumer_byte_rate"))),
    "remove what cannot be": entries(entry(client, remove("no.such"))),
    "remove from an entity that cannot be": entries(entry(entity(["zz", "c"]), remove(produce))),
    "good, bad, good": entries(
      entry(entity(["user", "v"]), set(produce, 5)),
      entry(entity(["user", "w"]), set(produce, -5)),
      entry(entity(["user", "x"]), set("no.such", 5), set(produce, 5)),
      entry(entity(["user", "y"]), set(produce, 5)),
    ),
  };
  const only = { ...entries(), validateOnly: true };
  await askInEveryVersion(replay, variants("AlterClientQuotas", only, onlyValidated(asked)));
}

function onlyValidated(asked: Readonly<Record<string, ReturnType<typeof entries>>>) {
  return Object.fromEntries(
    Object.entries(asked).map(([name, request]) => [name, { ...request, validateOnly: true }]),
  );
}

const names: readonly Name[] = [null, "a", "ü /*"];

async function combinations(replay: Replay): Promise<void> {
  const both = names.flatMap((user) =>
    names.map((id) => entity(["user", user], ["client-id", id])),
  );
  const alone = names.flatMap((name) => [entity(["user", name]), entity(["client-id", name])]);
  const ips = [null, "10.0.0.1", "::1"].map((ip) => entity(["ip", ip]));
  await askInEveryVersion(replay, [
    ...variants("AlterClientQuotas", entries(), {
      "every combination": entries(
        ...[...both, ...alone].map((each, at) =>
          entry(each, set(produce, 1e9 + at), set("request_percentage", 10_000.5 + at)),
        ),
      ),
      "ip addresses": entries(...ips.map((each, at) => entry(each, set(connections, 1000 + at)))),
      "the other order": entries(
        entry(entity(["client-id", "a"], ["user", "a"]), set("consumer_byte_rate", 7)),
      ),
    }),
  ]);
  await settled(replay);
}

/** The ways to look for one type of entity. */
const ways = (entityType: string) => [
  { entityType, matchType: 0, match: "a" },
  { entityType, matchType: 0, match: "nobody" },
  { entityType, matchType: 1, match: null },
  { entityType, matchType: 2, match: null },
];

async function findings(replay: Replay): Promise<void> {
  const look = (...components: object[]) => ({ components });
  const bad = {
    "exact without a name": look({ entityType: "user", matchType: 0, match: null }),
    "default with a name": look({ entityType: "user", matchType: 1, match: "a" }),
    "any with a name": look({ entityType: "user", matchType: 2, match: "a" }),
    "no way to match": look({ entityType: "user", matchType: 3, match: null }),
    "no type": look({ entityType: "", matchType: 2, match: null }),
    "a type that is none": look({ entityType: "host", matchType: 2, match: null }),
    "a type that is none, and a bad way": look({ entityType: "host", matchType: 9, match: null }),
    "same type twice": look(...ways("user").slice(0, 2)),
    "ip beside a user": look(...ways("ip").slice(2, 3), ...ways("user").slice(2, 3)),
    "ip beside a client": look(...ways("ip").slice(3), ...ways("client-id").slice(3)),
  };
  const asked: Asked[] = [];
  for (const strict of [false, true]) {
    const label = (components: object[]) =>
      `${strict ? "strict" : "loose"} ${JSON.stringify(components)}`;
    const sets = [
      [],
      ...["user", "client-id", "ip"].flatMap((type) => ways(type).map((way) => [way])),
      ...ways("user").flatMap((user) => ways("client-id").map((id) => [user, id])),
    ];
    asked.push(
      ...variants(
        "DescribeClientQuotas",
        { components: [] as object[], strict },
        {
          ...Object.fromEntries(sets.map((components) => [label(components), { components }])),
          ...Object.fromEntries(
            Object.entries(bad).map(([name, request]) => [`${name}, strict ${strict}`, request]),
          ),
        },
      ),
    );
  }
  await askInEveryVersion(replay, asked);
}

async function removals(replay: Replay): Promise<void> {
  const all = { components: [], strict: false };
  await askInEveryVersion(replay, [
    ...variants("AlterClientQuotas", entries(), {
      "one of two": entries(entry(entity(["user", null]), remove(produce))),
      "the last": entries(
        entry(entity(["user", "a"]), remove(produce), remove("request_percentage")),
      ),
      "one away, one set": entries(
        entry(entity(["client-id", "a"]), remove(produce), set("controller_mutation_rate", 3)),
      ),
      "good beside bad": entries(
        entry(entity(["client-id", null]), set(produce, 1)),
        entry(entity(["user", "bad"]), set(produce, 1), set(connections, 1)),
      ),
    }),
  ]);
  await settled(replay);
  await askInEveryVersion(replay, variants("DescribeClientQuotas", all, { "after removals": {} }));
}
