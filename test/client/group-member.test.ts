import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "../../src/client/cluster-client.ts";
import { GroupMember } from "../../src/client/group-member.ts";
import { committedOffsets } from "../../src/client/offsets.ts";
import { keyOf, type TopicPartition } from "../../src/client/partitions.ts";
import { type Broker, startBroker } from "../../src/index.ts";
import { clientOf } from "../support/client/connected.ts";

describe("a member of a group", () => {
  let broker: Broker;
  const clients: ClusterClient[] = [];

  beforeEach(async () => {
    broker = await startBroker({
      topics: { orders: 3 },
      config: { "offsets.topic.num.partitions": "1" },
    });
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
    await broker.stop();
  });

  function newClient(): ClusterClient {
    const client = clientOf(broker.port);
    clients.push(client);
    return client;
  }

  function newMember(client = newClient()): GroupMember {
    return new GroupMember(client, {
      groupId: "billing",
      topics: ["orders"],
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 30_000,
      heartbeatIntervalMs: 20,
    });
  }

  function numbers(partitions: readonly TopicPartition[]): number[] {
    return partitions.map(({ partition }) => partition).sort();
  }

  /** Waits until its heart noticed that the group rebalances. */
  async function shaken(member: GroupMember): Promise<void> {
    while (member.isStable) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  test("has all partitions while it is alone", async () => {
    const member = newMember();

    expect(numbers(await member.join())).toEqual([0, 1, 2]);
    expect(member.isStable).toBe(true);
    await member.leave();
  });

  test("shares them when another comes, and has them again when it goes", async () => {
    const [one, two] = [newMember(), newMember()];
    await one.join();

    const [second, first] = await Promise.all([two.join(), shaken(one).then(() => one.join())]);
    const all = [...first, ...second];

    expect(numbers(all)).toEqual([0, 1, 2]);
    expect([first.length, second.length].sort()).toEqual([1, 2]);
    await two.leave();
    await shaken(one);
    expect(numbers(await one.join())).toEqual([0, 1, 2]);
    await one.leave();
  });

  test("commits what it read, and a commit of a generation that is over is let go", async () => {
    const client = newClient();
    const [one, two] = [newMember(client), newMember()];
    await one.join();
    await one.commit([{ topic: "orders", partition: 1, offset: 7 }]);
    const joining = two.join();
    await shaken(one);

    await one.commit([{ topic: "orders", partition: 1, offset: 9 }]);

    const committed = await committedOffsets(client, "billing");
    expect(committed.map((at) => [keyOf(at), at.offset])).toEqual([["orders:1", 7]]);
    await Promise.all([joining, one.join()]);
    await Promise.all([one.leave(), two.leave()]);
  });
});
