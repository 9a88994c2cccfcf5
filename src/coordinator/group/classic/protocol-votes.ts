import { inHashMapOrder } from "../../java-hash.ts";
import type { ClassicMember } from "./classic-member.ts";

/**
 * Counts which protocols the members of a group have in common, and holds the vote: each member
 * names its first common protocol, and the one named most often wins. Where votes are equal, Kafka
 * takes what its hash map shows first; so do we, so that a group gets the same protocol from both.
 */
export class ProtocolVotes {
  readonly #supporters = new Map<string, number>();

  add(member: ClassicMember): void {
    for (const name of namesOf(member)) this.#count(name, 1);
  }

  remove(member: ClassicMember): void {
    for (const name of namesOf(member)) this.#count(name, -1);
  }

  isCommonTo(memberCount: number, name: string): boolean {
    return (this.#supporters.get(name) ?? 0) === memberCount;
  }

  /** The winner among `members`, or undefined where they have no protocol in common. */
  winner(members: Iterable<ClassicMember>, memberCount: number): string | undefined {
    const votes = new Map<string, number>();
    for (const member of members) {
      const vote = member.protocols.find(({ name }) => this.isCommonTo(memberCount, name));
      if (vote !== undefined) votes.set(vote.name, (votes.get(vote.name) ?? 0) + 1);
    }
    let winner: string | undefined;
    for (const name of inHashMapOrder([...votes.keys()])) {
      const beaten = winner === undefined ? 0 : (votes.get(winner) ?? 0);
      if ((votes.get(name) ?? 0) > beaten) winner = name;
    }
    return winner;
  }

  #count(name: string, change: number): void {
    const supporters = (this.#supporters.get(name) ?? 0) + change;
    if (supporters > 0) this.#supporters.set(name, supporters);
    else this.#supporters.delete(name);
  }
}

/** Each protocol once. (Kafka counts one that a member names twice as two, and never answers then.) */
function namesOf(member: ClassicMember): Set<string> {
  return new Set(member.protocols.map(({ name }) => name));
}
