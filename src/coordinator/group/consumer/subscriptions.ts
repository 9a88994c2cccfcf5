import type { ConsumerMember } from "./consumer-member.ts";
import type { ResolvedRegex } from "./consumer-record.ts";
import { Counts } from "./counts.ts";

/** What the members of a consumer group subscribe to, and what their regular expressions stand for. */
export class Subscriptions {
  /** Members by topic name, and by regular expression. */
  readonly #byName: Counts;
  readonly #byRegex: Counts;
  readonly #resolved: Map<string, ResolvedRegex>;
  /** Regular expressions by topic that they stand for. */
  readonly #topicsByRegex: Counts;

  constructor(
    parts: {
      readonly byName: Counts;
      readonly byRegex: Counts;
      readonly resolved: ReadonlyMap<string, ResolvedRegex>;
      readonly topicsByRegex: Counts;
    } = {
      byName: new Counts(),
      byRegex: new Counts(),
      resolved: new Map(),
      topicsByRegex: new Counts(),
    },
  ) {
    this.#byName = parts.byName.copy();
    this.#byRegex = parts.byRegex.copy();
    this.#resolved = new Map(parts.resolved);
    this.#topicsByRegex = parts.topicsByRegex.copy();
  }

  /** To see what would be if somebody came, went or changed. */
  copy(): Subscriptions {
    return new Subscriptions({
      byName: this.#byName,
      byRegex: this.#byRegex,
      resolved: this.#resolved,
      topicsByRegex: this.#topicsByRegex,
    });
  }

  get resolved(): ReadonlyMap<string, ResolvedRegex> {
    return this.#resolved;
  }

  /** Regular expressions that some member subscribes by. */
  get regexCount(): number {
    return this.#byRegex.size;
  }

  regexes(): string[] {
    return [...this.#byRegex.keys()];
  }

  subscribersOf(regex: string): number {
    return this.#byRegex.of(regex);
  }

  isSubscribedTo(topic: string): boolean {
    return this.#byName.of(topic) > 0 || this.#topicsByRegex.of(topic) > 0;
  }

  /** Every topic that somebody subscribes to, whether it exists or not. */
  topics(): Set<string> {
    const all = new Set(this.#byName.keys());
    for (const topic of this.#topicsByRegex.keys()) all.add(topic);
    return all;
  }

  /** Whether all of so many members subscribe to the same. */
  isHomogeneous(memberCount: number): boolean {
    const regexCount = this.#byRegex.entries().next().value?.[1];
    if (regexCount === undefined) {
      return [...this.topics()].every((topic) => this.#byName.of(topic) === memberCount);
    }
    if (regexCount !== memberCount || this.#byName.size > 0) return false;
    for (const [, count] of this.#topicsByRegex.entries()) if (count !== 1) return false;
    return true;
  }

  /** A member changed, came (no `before`) or went (no `after`). */
  update(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    if (before?.subscribedTopicNames !== after?.subscribedTopicNames) {
      for (const name of before?.subscribedTopicNames ?? []) this.#byName.add(name, -1);
      for (const name of after?.subscribedTopicNames ?? []) this.#byName.add(name, 1);
    }
    const regexBefore = before?.subscribedTopicRegex ?? "";
    const regexAfter = after?.subscribedTopicRegex ?? "";
    if (regexBefore === regexAfter) return;
    if (regexBefore !== "") this.#byRegex.add(regexBefore, -1);
    if (regexAfter !== "") this.#byRegex.add(regexAfter, 1);
  }

  resolve(regex: string, resolved: ResolvedRegex | undefined): void {
    for (const topic of this.#resolved.get(regex)?.topics ?? []) this.#topicsByRegex.add(topic, -1);
    if (resolved === undefined) {
      this.#resolved.delete(regex);
      return;
    }
    this.#resolved.set(regex, resolved);
    for (const topic of resolved.topics) this.#topicsByRegex.add(topic, 1);
  }

  /** Forgets what nobody asks for any more. */
  forgetUnusedRegexes(): string[] {
    const unused = [...this.#resolved.keys()].filter((regex) => this.#byRegex.of(regex) === 0);
    for (const regex of unused) this.resolve(regex, undefined);
    return unused;
  }
}

/** The topics of a member: those it names, and those that its regular expression stands for. */
export function topicNamesOf(
  member: ConsumerMember,
  resolved: ReadonlyMap<string, ResolvedRegex>,
): Iterable<string> {
  const { subscribedTopicNames, subscribedTopicRegex } = member;
  const matching = subscribedTopicRegex === "" ? undefined : resolved.get(subscribedTopicRegex);
  if (matching === undefined) return subscribedTopicNames;
  return subscribedTopicNames.length === 0
    ? matching.topics
    : new Set([...subscribedTopicNames, ...matching.topics]);
}
