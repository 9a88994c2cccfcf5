import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Broker, startBroker } from "../../../src/index.ts";
import { say } from "../../support/cli/compared.ts";
import { Scene } from "../../support/cli/scene.ts";

let broker: Broker;
let scene: Scene;

/** The document that a command prints, which is all it prints, and what it complains of. */
async function told(line: string): Promise<{ document: unknown; stderr: string }> {
  const [tool = "", ...words] = line.split(" ");
  const server = ["--bootstrap-server", `127.0.0.1:${broker.port}`];
  const { stdout, stderr } = await say([tool, ...server, ...words, "--json"]);
  return { document: JSON.parse(stdout), stderr };
}

beforeAll(async () => {
  broker = await startBroker({
    topics: { orders: 2 },
    config: { listeners: "PLAINTEXT://127.0.0.1:0", "offsets.topic.num.partitions": "1" },
  });
  scene = new Scene("127.0.0.1", broker.port);
  await scene.produce({ topic: "orders", partition: 0, count: 10, since: Date.UTC(2026, 0, 2) });
  await scene.commit({ group: "reports", topic: "orders", offsets: [3] });
  await scene.join({
    group: "billing",
    protocol: "classic",
    clientId: "app",
    topic: "orders",
    partitions: [0, 1],
  });
});

afterAll(async () => {
  scene.close();
  await broker.stop();
});

describe("--json prints one document", () => {
  test("of topics", async () => {
    const topicId = expect.stringMatching(/^[\w-]{22}$/);
    const { document } = await told("topics --list --exclude-internal");
    expect(document).toEqual({ topics: [{ name: "orders", topicId, isInternal: false }] });
    const partition = { leader: 1, replicas: [1], isr: [1], elr: [], lastKnownElr: [] };
    expect((await told("topics --describe --topic orders")).document).toEqual({
      topics: [
        {
          name: "orders",
          topicId,
          isInternal: false,
          partitionCount: 2,
          replicationFactor: 1,
          configs: expect.objectContaining({ "min.insync.replicas": "1" }),
          partitions: [
            { partition: 0, ...partition },
            { partition: 1, ...partition },
          ],
        },
      ],
    });
  });

  test("of groups, and of one group's state", async () => {
    expect((await told("groups --list")).document).toEqual({
      groups: [
        { groupId: "billing", protocolType: "consumer", type: "Classic", state: "Stable" },
        { groupId: "reports", protocolType: "", type: "Classic", state: "Empty" },
      ],
    });
    expect((await told("groups --describe --group billing --state")).document).toEqual({
      groups: [
        {
          groupId: "billing",
          coordinator: { id: 1, host: "127.0.0.1", port: broker.port },
          assignmentStrategy: "range",
          state: "Stable",
          groupEpoch: null,
          targetAssignmentEpoch: null,
          memberCount: 1,
        },
      ],
    });
  });

  test("of a group's offsets and members", async () => {
    const nobody = { consumerId: null, host: null, clientId: null };
    expect((await told("groups --describe --group reports")).document).toEqual({
      groups: [
        {
          groupId: "reports",
          state: "Empty",
          partitions: [
            {
              topic: "orders",
              partition: 0,
              leaderEpoch: 0,
              currentOffset: 3,
              logEndOffset: 10,
              lag: 7,
              ...nobody,
            },
          ],
        },
      ],
    });
    expect((await told("groups --describe --group billing --members")).document).toEqual({
      groups: [
        {
          groupId: "billing",
          state: "Stable",
          targetAssignmentEpoch: null,
          members: [
            {
              consumerId: expect.stringMatching(/^app-/),
              groupInstanceId: null,
              host: "/127.0.0.1",
              clientId: "app",
              epoch: null,
              assignment: [0, 1].map((partition) => ({ topic: "orders", partition })),
              targetAssignment: null,
              isUpgraded: null,
            },
          ],
        },
      ],
    });
  });

  test("of offsets that would be reset", async () => {
    const line = "groups --reset-offsets --group reports --topic orders:0 --to-latest --dry-run";
    expect((await told(line)).document).toEqual({
      groups: [
        { groupId: "reports", partitions: [{ topic: "orders", partition: 0, newOffset: 10 }] },
      ],
    });
  });

  test("of settings, with where each comes from", async () => {
    const server = ["--bootstrap-server", `127.0.0.1:${broker.port}`];
    const words = ["--alter", "--topic", "orders", "--add-config", "retention.ms=5"];
    await say(["configs", ...server, ...words]);
    expect((await told("configs --describe --topic orders")).document).toEqual({
      entities: [
        {
          entityType: "topics",
          entityName: "orders",
          configs: [
            {
              name: "retention.ms",
              value: "5",
              isSensitive: false,
              source: "DYNAMIC_TOPIC_CONFIG",
              synonyms: [{ source: "DYNAMIC_TOPIC_CONFIG", name: "retention.ms", value: "5" }],
            },
          ],
        },
      ],
    });
    const { document, stderr } = await told("configs --describe --topic nobody");
    expect(document).toEqual({ entities: [] });
    expect(stderr).toContain("'nobody' doesn't exist");
  });

  test("of quotas", async () => {
    const server = ["--bootstrap-server", `127.0.0.1:${broker.port}`];
    const words = ["--alter", "--client-defaults", "--add-config", "consumer_byte_rate=1e8"];
    await say(["configs", ...server, ...words]);
    expect((await told("configs --describe --entity-type clients")).document).toEqual({
      quotas: [{ entity: { "client-id": null }, quotas: { consumer_byte_rate: 1e8 } }],
      scramCredentials: [],
    });
  });
});
