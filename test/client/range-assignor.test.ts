import { expect, test } from "vitest";
import { assignRanges } from "../../src/client/range-assignor.ts";

function textsOf(assigned: ReturnType<typeof assignRanges>): Record<string, string> {
  return Object.fromEntries(
    [...assigned].map(([member, partitions]) => [
      member,
      partitions.map(({ topic, partition }) => `${topic}${partition}`).join(" "),
    ]),
  );
}

test("each topic is cut into pieces in the order of the members' ids, the first pieces longer", () => {
  const members = [
    { memberId: "b", topics: ["x", "y"] },
    { memberId: "a", topics: ["x"] },
    { memberId: "c", topics: ["x", "y"] },
  ];

  const assigned = assignRanges(
    members,
    new Map([
      ["x", 5],
      ["y", 1],
    ]),
  );

  expect(textsOf(assigned)).toEqual({ a: "x0 x1", b: "x2 x3 y0", c: "x4" });
});

test("who wants only topics that are not there gets nothing", () => {
  const assigned = assignRanges([{ memberId: "a", topics: ["gone"] }], new Map());

  expect(textsOf(assigned)).toEqual({ a: "" });
});
