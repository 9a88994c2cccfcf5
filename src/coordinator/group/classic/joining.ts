import type { JoinGroupRequest } from "../../../protocol/generated/join-group.ts";
import type { GroupRequestContext } from "../settings.ts";
import type { ClassicGroup } from "./classic-group.ts";
import type { AnswerJoin, MemberTerms } from "./classic-member.ts";
import type { ClassicSurroundings } from "./rebalance.ts";

/** One JoinGroup on its way through the rules. */
export interface Joining {
  readonly group: ClassicGroup;
  readonly request: JoinGroupRequest;
  readonly context: GroupRequestContext;
  readonly terms: MemberTerms;
  readonly answer: AnswerJoin;
  /** Makes member ids unique. */
  readonly uuid: () => string;
  readonly world: ClassicSurroundings;
}

/** The terms a JoinGroup offers, in memory of their own: a view would keep the whole frame alive. */
export function termsOf(request: JoinGroupRequest): MemberTerms {
  return {
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    protocols: request.protocols.map(({ name, metadata }) => ({
      name,
      metadata: Buffer.from(metadata),
    })),
  };
}
