import { ErrorCode, kafkaErrorCausedBy } from "../../../protocol/errors.ts";
import type { ResolvedRegex } from "./consumer-record.ts";

/** RE2's regular expressions, which take time linear in what they match. */
export interface RegexEngine {
  /** @throws an error whose message says what is wrong with it */
  compile(regex: string): { matches(text: string): boolean };
}

let loading: Promise<RegexEngine> | undefined;

/** Loaded when the first member subscribes by a regular expression: most brokers never need it. */
export function loadRegexEngine(): Promise<RegexEngine> {
  loading ??= import("re2js").then(({ RE2JS, RE2JSSyntaxException }) => ({
    compile(regex) {
      try {
        const compiled = RE2JS.compile(regex);
        return { matches: (text) => compiled.testExact(text) };
      } catch (cause) {
        const isSyntax = cause instanceof RE2JSSyntaxException;
        throw new Error(isSyntax ? cause.getDescription() : String(cause), { cause });
      }
    },
  }));
  return loading;
}

/** @throws KafkaError INVALID_REGULAR_EXPRESSION */
export function checkRegex(regex: string, engine: RegexEngine): void {
  try {
    engine.compile(regex);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : "";
    throw kafkaErrorCausedBy(
      cause,
      ErrorCode.INVALID_REGULAR_EXPRESSION,
      `SubscribedTopicRegex \`${regex}\` is not a valid regular expression: ${why}.`,
    );
  }
}

export interface Resolving {
  readonly engine: RegexEngine;
  readonly topicNames: readonly string[];
  /** Of the metadata that the names are taken from. */
  readonly version: number;
  /** Wall-clock time. */
  readonly nowMs: number;
  /** Whether the member for whom this is done may see the topic. */
  readonly mayDescribe: (topic: string) => boolean;
}

/** The topics that each expression matches as a whole; none for one that is no expression. */
export function resolveRegexes(
  regexes: readonly string[],
  given: Resolving,
): Map<string, ResolvedRegex> {
  const { version, nowMs: timestampMs } = given;
  return new Map(
    regexes.map((regex) => [regex, { topics: matching(regex, given), version, timestampMs }]),
  );
}

function matching(regex: string, given: Resolving): ReadonlySet<string> {
  try {
    const compiled = given.engine.compile(regex);
    return new Set(
      given.topicNames.filter((name) => compiled.matches(name) && given.mayDescribe(name)),
    );
  } catch {
    // Members cannot subscribe to such a one: it came with the log of a broker that took it.
    return new Set();
  }
}
