import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ClusterClient } from "../../src/client/cluster-client.ts";
import { GroupMember, type MemberOptions } from "../../src/client/group-member.ts";
import { committedOffsets } from "../../src/client/offsets.ts";
import { keyOf, type TopicPartition } from "../../src/client/partitions.ts";
import { type Broker, startBroker } from "../../src/index.ts";
import { grow } from "../support/cli/reading.ts";
import { clientOf } from "../support/client/connected.ts";

describe("a member of a group", () => {
  let broker: Broker;
  const clients: ClusterClient[] = [];

  beforeEach(async () => {
    broker = await startBroker({
      topics: { orders: 3, returns: 1 },
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

  function newMember(options: Partial<MemberOptions> = {}): GroupMember {
    return new GroupMember(newClient(), {
      groupId: "billing",
      topics: ["orders"],
      sessionTimeoutMs: 45_000,
      rebalanceTimeoutMs: 30_000,
      heartbeatIntervalMs: 20,
      ...options,
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

  /** By partition, what the group has committed. */
  async function committed(client = newClient()): Promise<readonly (readonly [string, number])[]> {
    const offsets = await committedOffsets(client, "billing");
    return offsets.map((at) => [keyOf(at), at.offset]);
  }

  const read = (offset: number) => [{ topic: "orders", partition: 1, offset }];

  test("commits what it read, also while the group rebalances", async () => {
    const [one, two] = [newMember(), newMember()];
    await one.join();
    expect([...(await one.commit(read(7)))]).toEqual(["orders:1"]);
    const joining = two.join();
    await shaken(one);

    expect([...(await one.commit(read(9)))]).toEqual(["orders:1"]);

    expect(await committed()).toEqual([["orders:1", 9]]);
    await Promise.all([joining, one.join()]);
    await Promise.all([one.leave(), two.leave()]);
  });

  test("says that it committed nothing once the group went on without it", async () => {
    const quick = { rebalanceTimeoutMs: 50 };
    const [one, two] = [newMember(quick), newMember(quick)];
    await one.join();
    await one.commit(read(7));
    await two.join();

    expect([...(await one.commit(read(9)))]).toEqual([]);

    expect(await committed()).toEqual([["orders:1", 7]]);
    await Promise.all([one.leave(), two.leave()]);
  });

  test("lets a commit of a deleted topic go, and commits the others", async () => {
    const client = newClient();
    const member = newMember();
    await member.join();
    const offsets = [...read(3), { topic: "gone", partition: 0, offset: 5 }];

    expect([...(await member.commit(offsets))]).toEqual(["orders:1"]);

    expect(await committed(client)).toEqual([["orders:1", 3]]);
    await member.leave();
  });

  test("joins again for other topics, and as leader for more partitions", async () => {
    const client = newClient();
    const member = newMember();
    await member.join();
    await member.follow(["orders"]);
    expect(member.isStable).toBe(true);

    await grow(client, "orders", 4);
    await member.follow(["orders"]);
    expect(member.isStable).toBe(false);
    expect(numbers(await member.join())).toEqual([0, 1, 2, 3]);

    await member.follow(["orders", "returns"]);
    expect(member.isStable).toBe(false);
    expect((await member.join()).map(keyOf)).toContain("returns:0");
    await member.leave();
  });
});
