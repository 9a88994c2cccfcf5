import { expect, test } from "vitest";
import { type BrokerImage, MetadataImage, type TopicImage } from "../../src/cluster/image.ts";
import { firstState } from "../../src/cluster/stored.ts";

function topic(name: string, id = `id-of-${name}`): TopicImage {
  const partitions = [firstState(0, { replicas: [1, 2], isr: [1, 2], leaderEpoch: 0 })];
  return { name, id, revision: 1, internal: false, partitions, configs: new Map() };
}

function broker(id: number, fenced = false): BrokerImage {
  const endpoint = { host: "localhost", port: 9092 + id, securityProtocol: "PLAINTEXT" };
  return { id, epoch: id, rack: null, endpoints: new Map([["PLAINTEXT", endpoint]]), fenced };
}

function withTopics(...topics: TopicImage[]): MetadataImage {
  const changes = new Map(topics.map((made) => [made.name, made]));
  return MetadataImage.empty("c").derive(1, { topics: changes });
}

test("topics are found by name and by id, and listed by name", () => {
  const image = withTopics(topic("b"), topic("a"), topic("B"), topic("a.b"));

  expect(image.topics().map(({ name }) => name)).toEqual(["B", "a", "a.b", "b"]);
  expect(image.topic("a")).toBe(image.topicById("id-of-a"));
  expect(image.topicCount).toBe(4);
});

test("a topic made again under its name is no longer found by its old id", () => {
  const image = withTopics(topic("a", "old"));

  const next = image.derive(2, { topics: new Map([["a", topic("a", "new")]]) });

  expect(next.topicById("old")).toBeUndefined();
  expect(next.topicById("new")?.name).toBe("a");
  expect(image.topicById("old")?.name).toBe("a");
});

test("a name that differs from a topic's only in '.' for '_' has a lookalike until that is gone", () => {
  const image = withTopics(topic("a.b"));
  const gone = image.derive(2, { topics: new Map([["a.b", undefined]]) });

  expect(image.lookalikeOf("a_b")).toBe("a.b");
  expect(image.lookalikeOf("a.b")).toBeUndefined();
  expect(image.lookalikeOf("ab")).toBeUndefined();
  expect(gone.lookalikeOf("a_b")).toBeUndefined();
});

test("the controller is the lowest broker that is alive", () => {
  const brokers = new Map([broker(7), broker(3), broker(1, true)].map((b) => [b.id, b]));
  const image = MetadataImage.empty("c").derive(1, { brokers });

  expect([...image.brokers.keys()]).toEqual([1, 3, 7]);
  expect(image.controllerId()).toBe(3);
  expect(MetadataImage.empty("c").controllerId()).toBe(-1);
});

test("replicas are offline on brokers that are fenced, gone, or not on the client's listener", () => {
  const brokers = new Map([broker(1), broker(2, true)].map((b) => [b.id, b]));
  const image = MetadataImage.empty("c").derive(1, { brokers });
  const partition = firstState(0, { replicas: [3, 1, 2], isr: [1], leaderEpoch: 0 });

  expect(image.offlineReplicas(partition, "PLAINTEXT")).toEqual([3, 2]);
  expect(image.offlineReplicas(partition, "OTHER")).toEqual([3, 1, 2]);
});

test("an image shows what it showed, whatever is derived from it", () => {
  const image = withTopics(topic("a"));
  const before = image.topics();

  image.derive(2, { topics: new Map([["b", topic("b")]]) });

  expect(image.topics()).toBe(before);
  expect(image.topic("b")).toBeUndefined();
  expect(image.revision).toBe(1);
});
