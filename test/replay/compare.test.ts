import { describe, expect, test } from "vitest";
import { Comparison } from "./compare.ts";
import { Identities } from "./identities.ts";

const MEMBER_A = "probe-11111111-2222-3333-4444-555555555555";
const MEMBER_B = "probe-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

function pathsOf(api: string, expected: unknown, actual: unknown, identities = new Identities(0)) {
  return new Comparison(api, identities).compare(expected, actual).map(({ path }) => path);
}

describe("comparing a recorded answer with ours", () => {
  test("a different code, null for empty and a missing element each show with their place", () => {
    const expected = { errorCode: 3, ids: null, topics: [{ name: "a" }, { name: "b" }] };
    const actual = { errorCode: 0, ids: [], topics: [{ name: "a" }] };

    const paths = pathsOf("Fetch", expected, actual);

    expect(paths).toEqual(["errorCode", "ids", "topics[b]"]);
  });

  test("an id may differ from the recorded one, but must then be the same everywhere", () => {
    const identities = new Identities(0);

    expect(
      pathsOf("JoinGroup", { memberId: MEMBER_A }, { memberId: MEMBER_B }, identities),
    ).toEqual([]);
    expect(pathsOf("JoinGroup", { leader: MEMBER_A }, { leader: MEMBER_A }, identities)).toEqual([
      "leader",
    ]);
  });

  test("no id where one was recorded is a difference", () => {
    expect(pathsOf("JoinGroup", { memberId: MEMBER_A }, { memberId: "" })).toEqual(["memberId"]);
    expect(pathsOf("InitProducerId", { producerId: 7 }, { producerId: -1 })).toEqual([
      "producerId",
    ]);
  });

  test("an error's text may differ, its absence may not", () => {
    expect(pathsOf("Produce", { errorMessage: "This." }, { errorMessage: "That." })).toEqual([]);
    expect(pathsOf("Produce", { errorMessage: "This." }, { errorMessage: null })).toEqual([
      "errorMessage",
    ]);
  });

  test("order counts, except where Kafka's is that of a hash table", () => {
    const expected = { topics: [{ name: "a" }, { name: "b" }] };
    const actual = { topics: [{ name: "b" }, { name: "a" }] };

    expect(pathsOf("CreateTopics", expected, actual)).toEqual(["topics.order"]);
    expect(pathsOf("Metadata", expected, actual)).toEqual([]);
  });

  test("a client's time comes back moved by exactly the distance between the runs", () => {
    const identities = new Identities(5000);
    const sent = identities.clientTime(1_700_000_000_000);

    expect(sent).toBe(1_700_000_005_000);
    expect(identities.agreesOnTime(1_700_000_000_000, sent)).toBe(true);
    expect(identities.agreesOnTime(1_700_000_000_000, Date.now())).toBe(false);
  });
});
