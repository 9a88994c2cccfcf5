import { expect, test } from "vitest";
import { type AnomalyKind, findAnomalies, type Placed } from "./checker.ts";

const at = (name: string, where: string): Placed => {
  const [key = "", sequence] = name.split(":");
  const [partition, offset] = where.split("@");
  return { key, sequence: Number(sequence), partition: Number(partition), offset: Number(offset) };
};

const clean: readonly Placed[] = [
  at("a:0", "0@0"),
  at("b:0", "0@1"),
  at("a:1", "0@2"),
  at("c:0", "1@0"),
  at("a:2", "0@3"),
  at("c:1", "1@1"),
];

function kinds(acked: readonly Placed[], read: readonly Placed[]): AnomalyKind[] {
  return findAnomalies(acked, read).map(({ kind }) => kind);
}

test("everything acknowledged, once and in order, is no anomaly", () => {
  expect(findAnomalies(clean, clean)).toEqual([]);
});

test("records that were never acknowledged may be there or not", () => {
  expect(findAnomalies(clean.slice(0, 4), clean)).toEqual([]);
  expect(findAnomalies([], [])).toEqual([]);
});

test("an acknowledged record that nobody finds is lost", () => {
  expect(findAnomalies(clean, clean.slice(0, 5))).toEqual([
    { kind: "lost", text: "c:1 was acknowledged at 1@1" },
  ]);
});

test("an acknowledged record lost from the middle leaves a gap too", () => {
  const read = clean.filter((record) => record !== clean[2]);
  expect(kinds(clean, read)).toEqual(["lost", "gap"]);
});

test("a batch appended twice is a duplicate and out of order", () => {
  const read = [...clean, at("a:1", "0@4"), at("a:2", "0@5")];
  expect(kinds(clean, read)).toEqual(["duplicate", "duplicate", "reordered"]);
});

test("a record appended twice in a row is a duplicate", () => {
  expect(kinds(clean, [...clean, at("c:1", "1@2")])).toEqual(["duplicate"]);
});

test("two records of a key in the wrong order are reordered", () => {
  const read = [at("a:1", "0@0"), at("a:0", "0@1")];
  expect(kinds([], read)).toEqual(["gap", "reordered"]);
});

test("an offset acknowledged for two records was used again after a crash", () => {
  const acked = [...clean, at("d:0", "1@1")];
  expect(kinds(acked, clean)).toEqual(["offset reused", "lost"]);
});

test("two records read at one offset use it twice", () => {
  expect(kinds(clean, [...clean, at("d:0", "1@1")])).toEqual(["offset reused"]);
});

test("a record found elsewhere than acknowledged has moved", () => {
  const read = [...clean.slice(0, 5), at("c:1", "1@9")];
  expect(findAnomalies(clean, read)).toEqual([
    { kind: "moved", text: "c:1 was acknowledged at 1@1, is at 1@9" },
  ]);
});
