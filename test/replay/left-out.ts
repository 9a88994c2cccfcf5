import type { Where } from "./replay.ts";

/** Recorded cases of the replayed APIs that belong to later work, with that work's name. */
export interface LeftOut {
  readonly api?: string;
  readonly cases: RegExp;
  readonly because: string;
}

const transactions = "transactions are not built yet";
const otherGroups = "share and streams groups are not built yet";

export const leftOut: readonly LeftOut[] = [
  { cases: /^3-brokers: /, because: "replication is not built yet" },
  {
    api: "InitProducerId",
    cases: /^(txn-.*|t\d(-.*)?|t-empty|empty-txn-id)$/,
    because: transactions,
  },
  { api: "Produce", cases: /^txn-/, because: transactions },
  {
    api: "Fetch",
    cases:
      /^(read-(un)?committed-ongoing|read-committed-with-aborted|.*with-control-batches|control-batches-.*)$/,
    because: transactions,
  },
  { api: "ListOffsets", cases: /-ongoing-txn$/, because: transactions },
  { api: "DescribeProducers", cases: /^ongoing$/, because: transactions },
  { api: "OffsetFetch", cases: /^(.*-pending-txn|after-commit)$/, because: transactions },
  {
    api: "ListGroups",
    cases: /^type-share$/,
    because: otherGroups,
  },
  {
    api: "DeleteGroups",
    cases: /^streams-and-share$/,
    because: otherGroups,
  },
];

export function isLeftOut(rule: LeftOut, where: Where): boolean {
  return (rule.api === undefined || rule.api === where.api) && rule.cases.test(where.case);
}
