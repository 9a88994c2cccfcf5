import { expect, test } from "vitest";
import { TopicHashes } from "../../../../src/coordinator/group/consumer/metadata-hash.ts";
import { xxh3 } from "../../../../src/coordinator/group/consumer/xxh3.ts";
import { MemoryTopics } from "../../../support/coordinator/memory-topics.ts";

/** Topics as the recorded hashes are of. */
class RackedTopics extends MemoryTopics {
  readonly #known: Readonly<Record<string, readonly [string, readonly (readonly string[])[]]>> = {
    orders: ["AAAAAAAAAAAAAAAAAAAAAQ", [[], [], []]],
    "bills-ä": ["dJUk0YbwS5ugyDg6HBTQCw", [["b", "a"], ["a"]]],
    long: ["TTo8RzaI5U6VIFqsMCJUaw", Array.from({ length: 300 }, () => [])],
  };

  override topicId(name: string): string | undefined {
    return this.#known[name]?.[0];
  }

  override partitionRacks(name: string): readonly (readonly string[])[] {
    return this.#known[name]?.[1] ?? [];
  }
}

/** By Kafka 4.4's own classes. */
test.each([
  [["orders"], -2718304761464552938n],
  [["bills-ä"], 6358939952804586495n],
  [["long"], -3643339842342163632n],
  [["long", "bills-ä", "orders"], -7084262227923059347n],
  [["orders", "no such topic"], -2718304761464552938n],
  [["no such topic"], 0n],
])("the metadata hash of %j is the one that Kafka persists", (topics, hash) => {
  expect(new TopicHashes(new RackedTopics()).ofAll(topics)).toBe(hash);
});

test("a topic that grew has another hash once it is forgotten", () => {
  const topics = new MemoryTopics();
  const hashes = new TopicHashes(topics);
  const before = hashes.ofAll(["orders"]);

  topics.set("orders", 13);
  expect(hashes.ofAll(["orders"])).toBe(before);
  hashes.forget("orders");

  expect(hashes.ofAll(["orders"])).not.toBe(before);
});

/** By the library that Kafka uses, of bytes 7, 38, 69, … */
test.each([
  [0, 3244421341483603138n],
  [1, 5502495245947142431n],
  [3, 1582743943441612892n],
  [4, 15897727546751563449n],
  [8, 16052704444545341486n],
  [9, 14691748285104259005n],
  [16, 9099606716676871632n],
  [17, 2345212530088924167n],
  [128, 17954568492486910600n],
  [129, 17939920976028066042n],
  [240, 14755823527060053763n],
  [241, 809349449570470400n],
  [1024, 2575082683865311686n],
  [1025, 13880058576091512194n],
  [5000, 6169931020318013678n],
])("XXH3 of %i bytes", (length, hash) => {
  expect(xxh3(Buffer.from(Array.from({ length }, (_, i) => i * 31 + 7)))).toBe(hash);
});
