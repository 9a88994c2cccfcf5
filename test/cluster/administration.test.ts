import { beforeEach, describe, expect, test } from "vitest";
import type { Controller } from "../../src/cluster/controller.ts";
import type { ElectionType } from "../../src/cluster/election.ts";
import type { PartitionImage } from "../../src/cluster/image.ts";
import { MemoryStore } from "../../src/cluster/memory-store.ts";
import type { Registration } from "../../src/cluster/registration.ts";
import { keys, partValue } from "../../src/cluster/stored.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { brokerCalled, openController, wanted } from "./support.ts";

let store: MemoryStore;
let controller: Controller;
const running = new Map<number, Registration>();

beforeEach(async () => {
  store = new MemoryStore();
  controller = await openController(store);
  for (const id of [1, 2, 3]) {
    running.set(id, await controller.registerBroker(brokerCalled(id)));
  }
  const assignments = [{ partitionIndex: 0, brokerIds: [1, 2, 3] }];
  await controller.createTopics([
    wanted("t", { numPartitions: -1, replicationFactor: -1, assignments }),
  ]);
});

const partition = () => {
  const found = controller.image.topic("t")?.partitions[0];
  if (found === undefined) throw new Error("the topic is gone");
  return found;
};

/** Says what became of the partition, as its leader would. */
async function become(
  state: Partial<Pick<PartitionImage, "leader" | "isr" | "elr">>,
): Promise<void> {
  const id = controller.image.topic("t")?.id ?? "";
  const value = partValue({ ...partition(), ...state });
  const { revision } = await store.txn([], [{ type: "put", key: keys.part(id, 0), value }]);
  while (controller.image.revision < revision) await new Promise((done) => setImmediate(done));
}

async function die(id: number): Promise<void> {
  await running.get(id)?.unregister();
  while (controller.image.brokers.has(id)) await new Promise((done) => setImmediate(done));
}

const code = (name: keyof typeof ErrorCode) => expect.objectContaining({ code: ErrorCode[name] });

describe("An election", () => {
  const elect = async (type: ElectionType, index = 0, topic = "t") =>
    (await controller.electLeaders([{ topic, index, type }]))[0];

  test("gives the lead back to the preferred replica, under a new leader epoch", async () => {
    await become({ leader: 2 });
    const { leaderEpoch, partitionEpoch } = partition();

    expect(await elect("preferred")).toBeUndefined();

    expect(partition()).toMatchObject({
      leader: 1,
      leaderEpoch: leaderEpoch + 1,
      partitionEpoch: partitionEpoch + 1,
    });
  });

  test("is not needed where the preferred replica leads, or for a new leader anybody", async () => {
    expect(await elect("preferred")).toEqual(code("ELECTION_NOT_NEEDED"));
    await become({ leader: 2 });
    expect(await elect("unclean")).toEqual(code("ELECTION_NOT_NEEDED"));
  });

  test("cannot prefer who is not in sync or not alive", async () => {
    await become({ leader: 2, isr: [2, 3] });
    expect(await elect("preferred")).toEqual(code("PREFERRED_LEADER_NOT_AVAILABLE"));
    await become({ leader: 2, isr: [1, 2, 3] });
    await die(1);
    expect(await elect("preferred")).toEqual(code("PREFERRED_LEADER_NOT_AVAILABLE"));
  });

  test("of anybody takes who is in sync first, else who is alive, alone", async () => {
    await become({ leader: -1, isr: [3] });
    expect(await elect("unclean")).toBeUndefined();
    expect(partition()).toMatchObject({ leader: 3, isr: [3] });

    await die(3);
    expect(await elect("unclean")).toBeUndefined();
    expect(partition()).toMatchObject({ leader: 1, isr: [1] });
  });

  test("finds nobody where no replica is alive", async () => {
    for (const id of [1, 2, 3]) await die(id);

    expect(await elect("unclean")).toEqual(code("ELIGIBLE_LEADERS_NOT_AVAILABLE"));
  });

  test("passes over a replica whose directory is offline", async () => {
    await die(2);
    await die(3);
    await become({ leader: -1, isr: [], elr: [1] });

    expect(await elect("unclean")).toEqual(code("ELIGIBLE_LEADERS_NOT_AVAILABLE"));
    expect(await elect("preferred")).toEqual(code("PREFERRED_LEADER_NOT_AVAILABLE"));
  });

  test("is held for partitions that exist only", async () => {
    expect(await elect("preferred", 1)).toEqual(code("UNKNOWN_TOPIC_OR_PARTITION"));
    expect(await elect("preferred", 0, "u")).toEqual(code("UNKNOWN_TOPIC_OR_PARTITION"));
  });
});

describe("A reassignment", () => {
  const reassign = async (replicas: readonly number[] | null, mayChange = true) => {
    const terms = { topic: "t", index: 0, replicas, mayChangeReplicationFactor: mayChange };
    return (await controller.reassignPartitions([terms]))[0];
  };

  test("to the same replicas changes nothing", async () => {
    const { revision } = controller.image;

    expect(await reassign([1, 2, 3])).toBeUndefined();
    expect(controller.image.revision).toBe(revision);
  });

  test("to another order holds at once, and moves no leader", async () => {
    expect(await reassign([3, 1, 2])).toBeUndefined();

    expect(partition()).toMatchObject({ replicas: [3, 1, 2], leader: 1, leaderEpoch: 0 });
  });

  test("away from the leader makes one of those in sync lead", async () => {
    await become({ isr: [1, 3] });

    expect(await reassign([2, 3])).toBeUndefined();

    expect(partition()).toMatchObject({ replicas: [2, 3], isr: [3], leader: 3, leaderEpoch: 1 });
  });

  test("to nobody in sync, to nobody, or to who is not there is refused", async () => {
    await become({ isr: [1] });
    for (const replicas of [[2, 3], [], [1, 1], [-1], [9], [1, 2, 3, 9]]) {
      expect(await reassign(replicas)).toEqual(code("INVALID_REPLICA_ASSIGNMENT"));
    }
  });

  test("to a broker without a copy is refused: nobody copies", async () => {
    await controller.registerBroker(brokerCalled(4));

    expect(await reassign([1, 4])).toEqual(code("INVALID_REPLICA_ASSIGNMENT"));
  });

  test("may be forbidden to change how many replicas there are", async () => {
    expect(await reassign([1, 2], false)).toEqual(code("INVALID_REPLICATION_FACTOR"));
    expect(await reassign([2, 1, 3], false)).toBeUndefined();
  });

  test("cannot be given up, for none is ever under way", async () => {
    expect(await reassign(null)).toEqual(code("NO_REASSIGNMENT_IN_PROGRESS"));
  });

  test("of two partitions of a topic in one request holds for both", async () => {
    await controller.createTopics([wanted("u", { numPartitions: 2, replicationFactor: 2 })]);
    const before = controller.image.topic("u")?.partitions.map(({ replicas }) => replicas) ?? [];
    const turned = before.map((replicas) => [...replicas].reverse());

    await controller.reassignPartitions(
      turned.map((replicas, index) => ({
        topic: "u",
        index,
        replicas,
        mayChangeReplicationFactor: false,
      })),
    );

    const after = controller.image.topic("u")?.partitions.map(({ replicas }) => replicas);
    expect(after).toEqual(turned);
  });
});

describe("Levels of features", () => {
  const change = (feature: string, level: number, type: "upgrade" | "safe-downgrade") =>
    controller.updateFeatures([{ feature, level, type }]);
  const finalized = (name: string) =>
    controller.image.features.finalized.find((feature) => feature.name === name)?.maxVersionLevel;

  test("are kept in the store, and told by whoever opens it", async () => {
    await change("group.version", 0, "safe-downgrade");
    const other = await openController(store);

    expect(other.image.featureLevel("group.version")).toBe(0);
    expect(finalized("group.version")).toBeUndefined();
    await change("group.version", 1, "upgrade");
    expect(finalized("group.version")).toBe(1);
  });

  test("change all or none", async () => {
    const update = controller.updateFeatures([
      { feature: "group.version", level: 0, type: "safe-downgrade" },
      { feature: "no.such", level: 1, type: "upgrade" },
    ]);

    await expect(update).rejects.toEqual(code("INVALID_UPDATE_VERSION"));
    expect(finalized("group.version")).toBe(1);
  });

  test("of the metadata do not go down", async () => {
    const update = change("metadata.version", 32, "safe-downgrade");

    await expect(update).rejects.toEqual(code("INVALID_UPDATE_VERSION"));
    expect(finalized("metadata.version")).toBe(33);
  });
});

describe("A broker that is unregistered", () => {
  test("is no part of the cluster, until it is started again", async () => {
    await controller.unregisterBroker(2);
    expect([...controller.image.brokers.keys()]).toEqual([1, 3]);

    await running.get(2)?.unregister();
    await controller.registerBroker(brokerCalled(2));

    expect([...controller.image.brokers.keys()]).toEqual([1, 2, 3]);
  });

  test("must have been there", async () => {
    await expect(controller.unregisterBroker(9)).rejects.toEqual(code("BROKER_ID_NOT_REGISTERED"));
  });
});

describe("Client quotas", () => {
  const entity = new Map([
    ["user", "ä/b"],
    ["client-id", null],
  ] as [string, string | null][]);
  const alter = async (values: Readonly<Record<string, number | undefined>>) =>
    (await controller.alterClientQuotas([{ entity, values: new Map(Object.entries(values)) }]))[0];
  const found = async () =>
    [...(await openController(store)).image.clientQuotas.values()].map((quota) => ({
      entity: Object.fromEntries(quota.entity),
      values: Object.fromEntries(quota.values),
    }));

  test("are found again by whoever opens the store, whatever their names", async () => {
    await alter({ producer_byte_rate: 1000, request_percentage: Number.POSITIVE_INFINITY });

    expect(await found()).toEqual([
      {
        entity: { user: "ä/b", "client-id": null },
        values: { producer_byte_rate: 1000, request_percentage: Number.POSITIVE_INFINITY },
      },
    ]);
  });

  test.each([0, -1, Number.NEGATIVE_INFINITY])("cannot be %d", async (value) => {
    const refusals = [
      await alter({ producer_byte_rate: value }),
      await alter({ request_percentage: value }),
    ];

    expect(refusals).toEqual([code("INVALID_REQUEST"), code("INVALID_REQUEST")]);
    expect(await found()).toEqual([]);
  });

  test("leave nothing behind when the last is removed", async () => {
    await alter({ producer_byte_rate: 1000 });

    await alter({ producer_byte_rate: undefined });

    expect(await found()).toEqual([]);
    expect((await store.list(keys.quotas)).entries).toEqual([]);
  });

  test("that are no change write nothing, nor does one that is only tried", async () => {
    await alter({ producer_byte_rate: 1000 });
    const { revision } = controller.image;

    await alter({ producer_byte_rate: 1000, consumer_byte_rate: undefined });
    await controller.alterClientQuotas([{ entity, values: new Map([["request_percentage", 1]]) }], {
      validateOnly: true,
    });

    expect(controller.image.revision).toBe(revision);
  });

  test("are changed by two at once without one losing what the other set", async () => {
    const other = await openController(store);
    const values = new Map([["consumer_byte_rate", 7]]);

    await Promise.all([
      alter({ producer_byte_rate: 1000 }),
      other.alterClientQuotas([{ entity, values }]),
    ]);

    expect((await found())[0]?.values).toEqual({ producer_byte_rate: 1000, consumer_byte_rate: 7 });
  });
});
