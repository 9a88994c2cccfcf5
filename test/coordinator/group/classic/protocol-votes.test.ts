import { expect, test } from "vitest";
import { ClassicMember } from "../../../../src/coordinator/group/classic/classic-member.ts";
import { ProtocolVotes } from "../../../../src/coordinator/group/classic/protocol-votes.ts";

function member(memberId: string, ...names: string[]): ClassicMember {
  return new ClassicMember(
    { memberId, groupInstanceId: null, clientId: "c", clientHost: "/h" },
    {
      rebalanceTimeoutMs: 1,
      sessionTimeoutMs: 1,
      protocols: names.map((name) => ({ name, metadata: Buffer.alloc(0) })),
    },
  );
}

function winnerOf(...members: ClassicMember[]): string | undefined {
  const votes = new ProtocolVotes();
  for (const each of members) votes.add(each);
  return votes.winner(members, members.length);
}

test("a protocol that one member lacks cannot win", () => {
  expect(winnerOf(member("a", "sticky", "range"), member("b", "range"))).toBe("range");
});

test("the protocol that most members prefer wins", () => {
  const sticky = ["sticky", "range"];
  expect(
    winnerOf(member("a", ...sticky), member("b", ...sticky), member("c", "range", "sticky")),
  ).toBe("sticky");
});

test("a tie goes where Kafka's hash map puts it, whoever came first", () => {
  expect(winnerOf(member("a", "range", "rr"), member("b", "rr", "range"))).toBe("rr");
  expect(winnerOf(member("b", "rr", "range"), member("a", "range", "rr"))).toBe("rr");
});

test("a protocol that a member names twice counts once", () => {
  expect(winnerOf(member("a", "range", "range"))).toBe("range");
});

test("without a common protocol nothing wins", () => {
  expect(winnerOf(member("a", "range"), member("b", "sticky"))).toBeUndefined();
});

test("a member that left no longer counts", () => {
  const votes = new ProtocolVotes();
  const [a, b] = [member("a", "range", "sticky"), member("b", "sticky")];
  votes.add(a);
  votes.add(b);

  votes.remove(b);

  expect(votes.isCommonTo(1, "range")).toBe(true);
  expect(votes.winner([a], 1)).toBe("range");
});
