import type { TopicPartition } from "../../../client/partitions.ts";

/** Where groups are to read on. */
export interface NewOffset extends TopicPartition {
  readonly offset: number;
}

/** New offsets by group. */
export type Plan = ReadonlyMap<string, readonly NewOffset[]>;

/** A line of a plan for one group: the group is not named. */
const ONE_GROUP = 3;

/**
 * Reads lines of `topic,partition,offset`, or of `group,topic,partition,offset`.
 *
 * @param groups those of the command line; only a plan for one group may leave it unnamed
 * @throws Error
 */
export function parsePlan(text: string, groups: readonly string[]): Plan {
  const lines = text.split("\n").map((line) => line.replace(/\r$/, ""));
  const rows = lines.filter((line) => line !== "").map(parseLine);
  const [group] = groups;
  const isUnnamed = groups.length === 1 && rows[0]?.length === ONE_GROUP;
  const plan = new Map<string, NewOffset[]>();
  for (const row of rows) {
    const cells = isUnnamed ? [group, ...row] : row;
    const [name, topic, partition, offset] = cells;
    if (cells.length !== ONE_GROUP + 1 || name === undefined || topic === undefined) {
      throw new Error(`a line of the file is not GROUP,TOPIC,PARTITION,OFFSET: ${row.join(",")}`);
    }
    const offsets = plan.get(name) ?? [];
    plan.set(name, offsets);
    offsets.push({ topic, partition: numberOf(partition), offset: numberOf(offset) });
  }
  return plan;
}

function parseLine(line: string): string[] {
  const cells = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...cells].map(([, quoted, plain = ""]) => quoted?.replaceAll('""', '"') ?? plain.trim());
}

function numberOf(text: string | undefined): number {
  if (text !== undefined && /^\d+$/.test(text) && Number.isSafeInteger(Number(text))) {
    return Number(text);
  }
  throw new Error(`the file has '${text}' where a partition or an offset is wanted`);
}

/** The lines of a plan, for {@link parsePlan}. */
export function planText(plan: Plan, isNamed: boolean): string {
  const lines = [...plan].flatMap(([group, offsets]) =>
    offsets.map(({ topic, partition, offset }) => [
      ...(isNamed ? [quotedIfNeeded(group)] : []),
      ...[topic, partition, offset],
    ]),
  );
  return lines.map((cells) => `${cells.join(",")}\n`).join("");
}

function quotedIfNeeded(text: string): string {
  return /[",\s]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
