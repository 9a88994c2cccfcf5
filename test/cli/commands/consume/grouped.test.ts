import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { GroupedReading } from "../../../../src/cli/commands/consume/grouped.ts";
import type { Plan } from "../../../../src/cli/commands/consume/plan.ts";
import type { ClusterClient } from "../../../../src/client/cluster-client.ts";
import { committedOffsets } from "../../../../src/client/offsets.ts";
import { type Broker, startBroker } from "../../../../src/index.ts";
import { deleteTopic, grow, planFor, readUntil, write } from "../../../support/cli/reading.ts";
import { clientOf } from "../../../support/client/connected.ts";

describe("whoever reads as a member of a group", () => {
  let broker: Broker;
  let client: ClusterClient;
  const clients: ClusterClient[] = [];
  const letters = [..."abcdefghijklmnopqrst"];

  beforeEach(async () => {
    broker = await startBroker({
      topics: { "log-1": 2, "log-2": 1 },
      config: { "offsets.topic.num.partitions": "1" },
    });
    client = newClient();
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((each) => each.close()));
    await broker.stop();
  });

  function newClient(): ClusterClient {
    const made = clientOf(broker.port);
    clients.push(made);
    return made;
  }

  function member(plan: Pick<Plan, "topics">): GroupedReading {
    const settings = { "heartbeat.interval.ms": "20", "metadata.max.age.ms": "50" };
    return new GroupedReading(newClient(), planFor({ ...plan, group: "g", settings }), "g");
  }

  /** Reads on until it is told to stop. */
  function reads(reading: GroupedReading, seen: string[]): { stop: () => Promise<void> } {
    let isOver = false;
    const loop = async () => {
      while (!isOver) await readUntil(reading, seen, 0);
    };
    const done = loop();
    return {
      stop: () => {
        isOver = true;
        return done;
      },
    };
  }

  async function committed(): Promise<number> {
    const offsets = await committedOffsets(client, "g");
    return offsets.reduce((sum, { offset }) => sum + offset, 0);
  }

  test("sees no record again because another member comes", async () => {
    await write(client, "log-1", letters);
    const [one, two] = [
      member({ topics: { name: "log-1" } }),
      member({ topics: { name: "log-1" } }),
    ];
    const seen: string[] = [];
    await readUntil(one, seen, letters.length);

    const readers = [reads(one, seen), reads(two, seen)];
    while ((await committed()) < letters.length) await new Promise((go) => setTimeout(go, 10));
    await write(client, "log-1", ["x", "y", "z"]);
    while (seen.length < letters.length + 3) await new Promise((go) => setTimeout(go, 10));
    await Promise.all(readers.map(({ stop }) => stop()));

    expect(seen.toSorted()).toEqual([...letters, "x", "y", "z"]);
    await Promise.all([one.close([]), two.close([])]);
  });

  test("commits what it saw when it ends while another member comes", async () => {
    await write(client, "log-1", letters);
    const [one, two] = [
      member({ topics: { name: "log-1" } }),
      member({ topics: { name: "log-1" } }),
    ];
    const seen: string[] = [];
    await readUntil(one, seen, letters.length);
    const joining = two.poll(50);
    await new Promise((resolve) => setTimeout(resolve, 200));

    await one.close([]);

    expect(await committed()).toBe(letters.length);
    expect(await joining).toEqual([]);
    await two.close([]);
  });

  test("reads topics of its pattern that come later, and partitions that are added", async () => {
    const reading = member({ topics: { pattern: /^log-\d$/ } });
    const seen: string[] = [];
    await write(client, "log-1", ["a"]);
    await readUntil(reading, seen, 1);

    await write(client, "log-3", ["b"]);
    await readUntil(reading, seen, 2);
    await grow(client, "log-2", 20);
    await write(client, "log-2", letters);
    await readUntil(reading, seen, 2 + letters.length);

    expect(seen.toSorted()).toEqual(["a", "b", ...letters].toSorted());
    await reading.close([]);
  });

  test("reads on when a topic of its pattern is deleted", async () => {
    const reading = member({ topics: { pattern: /^log-\d$/ } });
    const seen: string[] = [];
    await write(client, "log-1", ["a"]);
    await write(client, "log-2", ["b"]);
    await readUntil(reading, seen, 2);
    await deleteTopic(client, "log-2");
    await write(client, "log-1", ["c"]);

    await readUntil(reading, seen, 3);

    expect(seen.toSorted()).toEqual(["a", "b", "c"]);
    await reading.close([]);
  });
});
