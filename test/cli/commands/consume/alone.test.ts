import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AloneReading } from "../../../../src/cli/commands/consume/alone.ts";
import type { ClusterClient } from "../../../../src/client/cluster-client.ts";
import { type Broker, startBroker } from "../../../../src/index.ts";
import { deleteTopic, planFor, readUntil, write } from "../../../support/cli/reading.ts";
import { clientOf } from "../../../support/client/connected.ts";

describe("whoever reads all topics of a pattern", () => {
  let broker: Broker;
  let client: ClusterClient;

  beforeEach(async () => {
    broker = await startBroker({ topics: { "log-1": 1, "log-2": 1 } });
    client = clientOf(broker.port, 3000);
  });

  afterEach(async () => {
    await client.close();
    await broker.stop();
  });

  const topics = { pattern: /^log-\d$/ };

  test("reads on when one of them is deleted", async () => {
    const reading = new AloneReading(client, planFor({ topics }));
    const seen: string[] = [];
    await write(client, "log-1", ["a"]);
    await write(client, "log-2", ["b"]);
    await readUntil(reading, seen, 2);
    await deleteTopic(client, "log-2");
    await write(client, "log-1", ["c"]);

    await readUntil(reading, seen, 3);

    expect(seen.toSorted()).toEqual(["a", "b", "c"]);
  });

  test("reads one from its beginning that comes again", async () => {
    const settings = { "metadata.max.age.ms": "50" };
    const reading = new AloneReading(client, planFor({ topics, settings }));
    const seen: string[] = [];
    await write(client, "log-2", ["a", "b"]);
    await readUntil(reading, seen, 2);
    await deleteTopic(client, "log-2");
    await readUntil(reading, seen, 2);
    await write(client, "log-2", ["c"]);

    await readUntil(reading, seen, 3);

    expect(seen).toEqual(["a", "b", "c"]);
  });
});
