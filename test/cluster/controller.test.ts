import { beforeEach, describe, expect, test } from "vitest";
import type { Controller } from "../../src/cluster/controller.ts";
import { MemoryStore } from "../../src/cluster/memory-store.ts";
import type { TopicsDelta } from "../../src/cluster/metadata-loader.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { brokerCalled, openController, wanted } from "./support.ts";

let store: MemoryStore;
let controller: Controller;

beforeEach(async () => {
  store = new MemoryStore();
  controller = await openController(store);
  await controller.registerBroker(brokerCalled(1));
});

const codeOf = async (creating: ReturnType<Controller["createTopics"]>) =>
  (await creating).map(({ error }) => error?.code ?? ErrorCode.NONE);

describe("creating topics", () => {
  test("a topic is in the image when its creation settles", async () => {
    const [result] = await controller.createTopics([
      wanted("orders", { numPartitions: 3, configs: new Map([["retention.ms", "1"]]) }),
    ]);

    const topic = controller.image.topic("orders");
    expect(topic?.id).toBe(result?.topic?.id);
    expect(topic?.partitions.map(({ index, leader, isr }) => [index, leader, isr])).toEqual([
      [0, 1, [1]],
      [1, 1, [1]],
      [2, 1, [1]],
    ]);
    expect(topic?.configs).toEqual(new Map([["retention.ms", "1"]]));
  });

  test("a bad topic does not fail its neighbours", async () => {
    const codes = await codeOf(
      controller.createTopics([wanted("a b"), wanted("fine"), wanted("x", { numPartitions: 0 })]),
    );

    expect(codes).toEqual([
      ErrorCode.INVALID_TOPIC_EXCEPTION,
      ErrorCode.NONE,
      ErrorCode.INVALID_PARTITIONS,
    ]);
    expect(controller.image.topics().map(({ name }) => name)).toEqual(["fine"]);
  });

  test("all topics of a request become durable in one transaction", async () => {
    const before = controller.image.revision;
    const topics = Array.from({ length: 1000 }, (_, n) => wanted(`t-${n}`));

    await controller.createTopics(topics);

    expect(controller.image.revision).toBe(before + 1);
    expect(controller.image.topicCount).toBe(1000);
  });

  test("what is only validated is neither made nor announced", async () => {
    const { revision } = controller.image;

    const [result] = await controller.createTopics([wanted("a")], { validateOnly: true });

    expect(result?.topic?.partitions).toHaveLength(1);
    expect(controller.image.revision).toBe(revision);
  });

  test("two controllers that make the same topic at once agree on which is made", async () => {
    const other = await openController(store);

    const [ours, theirs] = await Promise.all([
      codeOf(controller.createTopics([wanted("a"), wanted("b")])),
      codeOf(other.createTopics([wanted("b"), wanted("c")])),
    ]);

    expect(ours).toEqual([ErrorCode.NONE, ErrorCode.NONE]);
    expect(theirs).toEqual([ErrorCode.TOPIC_ALREADY_EXISTS, ErrorCode.NONE]);
    expect(other.image.topic("b")?.id).toBe(controller.image.topic("b")?.id);
    expect(controller.image.topic("c")?.id).toBe(other.image.topic("c")?.id);
  });
});

describe("limits on new topics", () => {
  test("more than 10,000 partitions in a request are refused as a whole", async () => {
    const creating = controller.createTopics([
      wanted("a", { numPartitions: 10_000 }),
      wanted("b", { numPartitions: -1 }),
    ]);

    await expect(creating).rejects.toMatchObject({ code: ErrorCode.POLICY_VIOLATION });
    expect(controller.image.topicCount).toBe(0);
  });

  test("a replication factor above the brokers is refused, and the refusal names the way out", async () => {
    const [result] = await controller.createTopics([wanted("a", { replicationFactor: 3 })]);

    expect(result?.error?.code).toBe(ErrorCode.INVALID_REPLICATION_FACTOR);
    expect(result?.error?.message).toContain("odradek.clamp.replication.factor=true");
  });

  test("a replication factor above the brokers is clamped where the broker is told to", async () => {
    const clamping = await openController(store, { odradekClampReplicationFactor: true });

    const [result] = await clamping.createTopics([wanted("a", { replicationFactor: 3 })]);

    expect(result?.topic?.partitions[0]?.replicas).toEqual([1]);
  });

  test("the broker's own default replication factor is always clamped", async () => {
    const eager = await openController(store, { defaultReplicationFactor: 3 });

    const [result] = await eager.createTopics([wanted("a", { replicationFactor: -1 })]);

    expect(result?.topic?.partitions[0]?.replicas).toEqual([1]);
  });

  test("replicas may be chosen by hand, in any order of partitions", async () => {
    await controller.registerBroker(brokerCalled(2));
    const byHand = { numPartitions: -1, replicationFactor: -1 };

    const [result] = await controller.createTopics([
      wanted("a", {
        ...byHand,
        assignments: [
          { partitionIndex: 1, brokerIds: [2, 1] },
          { partitionIndex: 0, brokerIds: [1, 2] },
        ],
      }),
    ]);

    expect(result?.topic?.partitions.map(({ leader, replicas }) => [leader, replicas])).toEqual([
      [1, [1, 2]],
      [2, [2, 1]],
    ]);
  });
});

describe("deleting topics", () => {
  test("a topic that is deleted is gone, and its name is free for another", async () => {
    await controller.createTopics([wanted("a")]);
    const id = controller.image.topic("a")?.id ?? "";

    expect(await controller.deleteTopics([id, "no-such-id"])).toEqual(["no-such-id"]);
    expect(controller.image.topic("a")).toBeUndefined();
    await controller.createTopics([wanted("a")]);
    expect(controller.image.topic("a")?.id).not.toBe(id);
  });

  test("listeners hear what was created, changed and deleted", async () => {
    const heard: TopicsDelta[] = [];
    controller.onImage((_, __, delta) => {
      heard.push(delta);
    });

    await controller.createTopics([wanted("a"), wanted("b")]);
    await controller.createPartitions([{ name: "a", count: 2, assignments: null }]);
    await controller.deleteTopics([controller.image.topic("b")?.id ?? ""]);

    const names = heard.map(({ created, changed, deleted }) =>
      [created, changed, deleted].map((topics) => topics.map(({ name }) => name)),
    );
    expect(names).toEqual([
      [["a", "b"], [], []],
      [[], ["a"], []],
      [[], [], ["b"]],
    ]);
  });
});

describe("adding partitions", () => {
  test("the old partitions stay as they are", async () => {
    await controller.createTopics([wanted("a")]);
    const before = controller.image.topic("a");

    const errors = await controller.createPartitions([{ name: "a", count: 3, assignments: null }]);

    expect(errors).toEqual([undefined]);
    expect(controller.image.topic("a")?.partitions).toHaveLength(3);
    expect(controller.image.topic("a")?.partitions[0]).toEqual(before?.partitions[0]);
    expect(controller.image.topic("a")?.id).toBe(before?.id);
  });

  test("the total is bounded by what is added, not by what is there", async () => {
    await controller.createTopics([wanted("a", { numPartitions: 10_000 })]);

    const errors = await controller.createPartitions([
      { name: "a", count: 10_001, assignments: null },
    ]);

    expect(errors).toEqual([undefined]);
    await expect(
      controller.createPartitions([{ name: "a", count: 2 ** 31 - 1, assignments: null }]),
    ).rejects.toMatchObject({ code: ErrorCode.POLICY_VIOLATION });
  });
});

describe("auto-creation", () => {
  test("a topic asked for many times at once is made once", async () => {
    const topics = await Promise.all([1, 2, 3].map(() => controller.autoCreate("a")));

    expect(new Set(topics.map(({ id }) => id)).size).toBe(1);
    expect(controller.image.topicCount).toBe(1);
  });

  test("it waits for the listeners, so that the topic can be written to", async () => {
    let opened = false;
    controller.onImage(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      opened = true;
    });

    await controller.autoCreate("a");

    expect(opened).toBe(true);
  });

  test("internal topics are made with Kafka's settings for them", async () => {
    const topic = await controller.autoCreate("__consumer_offsets");

    expect(topic.internal).toBe(true);
    expect(topic.partitions).toHaveLength(50);
    expect(Object.fromEntries(topic.configs)).toEqual({
      "cleanup.policy": "compact",
      "compression.type": "producer",
      "segment.bytes": "104857600",
    });
  });

  test("many topics are made in few transactions, and each that cannot be is told", async () => {
    const names = Array.from({ length: 300 }, (_, n) => `t-${n}`);
    const before = controller.image.revision;
    const late = controller.autoCreateAll([...names, "a b"]);
    const beside = controller.autoCreate("t-299");

    const failures = await late;

    expect([...failures.keys()]).toEqual(["a b"]);
    expect(controller.image.topicCount).toBe(300);
    expect(controller.image.revision - before).toBeLessThan(10);
    expect((await beside).name).toBe("t-299");
  });

  test("a name that cannot be a topic's is refused", async () => {
    await expect(controller.autoCreate("a b")).rejects.toMatchObject({
      code: ErrorCode.INVALID_TOPIC_EXCEPTION,
    });
  });
});

describe("a broker that starts again", () => {
  test("its leader epochs are raised on every partition it leads, and stay so", async () => {
    await controller.createTopics([wanted("a", { numPartitions: 2 }), wanted("b")]);

    await controller.raiseLeaderEpochs(1);
    await controller.raiseLeaderEpochs(1);
    await controller.createPartitions([{ name: "a", count: 3, assignments: null }]);

    const later = await openController(store);
    for (const { image } of [controller, later]) {
      const epochs = image.topics().map(({ partitions }) => partitions.map((p) => p.leaderEpoch));
      expect(epochs).toEqual([[2, 2, 0], [2]]);
    }
  });

  test("a topic deleted takes the entries of its partitions along", async () => {
    await controller.createTopics([wanted("a")]);
    await controller.raiseLeaderEpochs(1);

    await controller.deleteTopics([controller.image.topic("a")?.id ?? ""]);

    expect((await store.list("parts/")).entries).toEqual([]);
  });
});

describe("listeners", () => {
  test("a listener that fails is told to whoever caused the image, and the change stands", async () => {
    const stop = controller.onImage(() => {
      throw new Error("no room for the log");
    });

    await expect(controller.createTopics([wanted("a")])).rejects.toThrow("no room for the log");
    stop();

    expect(controller.image.topic("a")).toBeDefined();
    await expect(controller.createTopics([wanted("b")])).resolves.toHaveLength(1);
  });
});

describe("brokers and producer ids", () => {
  test("an id in use is refused until its holder unregisters; epochs only grow", async () => {
    const first = await controller.registerBroker(brokerCalled(5));
    await expect(controller.registerBroker(brokerCalled(5))).rejects.toMatchObject({
      code: ErrorCode.DUPLICATE_BROKER_REGISTRATION,
    });

    await first.unregister();
    const second = await controller.registerBroker(brokerCalled(5));

    expect(second.epoch).toBeGreaterThan(first.epoch);
    expect(controller.image.brokers.get(5)?.epoch).toBe(second.epoch);
    expect(controller.image.endpoint(5, "PLAINTEXT")?.port).toBe(9097);
  });

  test("no two blocks of producer ids overlap, whoever asks for them", async () => {
    const other = await openController(store);

    const blocks = await Promise.all(
      [controller, other, controller, other].map((each) => each.allocateProducerIds()),
    );

    expect(blocks.map(({ first }) => first).sort((a, b) => a - b)).toEqual([0, 1000, 2000, 3000]);
    expect(blocks.every(({ count }) => count === 1000)).toBe(true);
  });
});
