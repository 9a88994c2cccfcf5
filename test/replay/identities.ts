import { isClockTime } from "./batches.ts";

/** The kind of identity a field of a message carries: values that differ from run to run. */
const kindOfField: Readonly<Record<string, string>> = {
  clusterId: "cluster",
  topicId: "topic",
  memberId: "member",
  leader: "member",
  producerId: "producer",
  sessionId: "session",
  clientInstanceId: "client instance",
  subscriptionId: "subscription",
};

export function identityKind(field: string): string | undefined {
  return kindOfField[field];
}

/** Values that stand for "none" and are the same in every run. */
const none: Readonly<Record<string, readonly unknown[]>> = {
  cluster: [null],
  topic: ["AAAAAAAAAAAAAAAAAAAAAA"],
  member: ["", null],
  producer: [-1],
  session: [0],
  "client instance": ["AAAAAAAAAAAAAAAAAAAAAA"],
  subscription: [0],
};

const generatedMemberId = /^(.*)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Of consumer groups: an id alone, in Kafka's form. */
const bareMemberId = /^[A-Za-z0-9_-]{22}$/;

/** Two values of one kind that could name the same thing: `<client>-<uuid>` twice, for example. */
function sameShape(kind: string, recorded: unknown, actual: unknown): boolean {
  const isNone = [recorded, actual].some((value) => none[kind]?.includes(value));
  if (typeof recorded !== typeof actual || isNone) return false;
  if (kind !== "member") return true;
  if (bareMemberId.test(String(recorded))) return bareMemberId.test(String(actual));
  const shape = generatedMemberId.exec(String(recorded))?.[1];
  return shape !== undefined && shape === generatedMemberId.exec(String(actual))?.[1];
}

/**
 * Which value of this run stands for which recorded one: ids that brokers choose (topic, member,
 * producer, session, cluster), and the distance between the two clocks. The first answer that
 * shows a recorded id beside ours binds the two; from then on they must appear together.
 */
export class Identities {
  /** How much later this run is than the recording; added to every time that a client chose. */
  shiftMs: number;
  readonly #bound = new Map<string, unknown>();
  readonly #clientTimes = new Set<number>();

  constructor(shiftMs: number) {
    this.shiftMs = shiftMs;
  }

  bind(kind: string, recorded: unknown, actual: unknown): void {
    this.#bound.set(`${kind} ${String(recorded)}`, actual);
  }

  /** This run's value for a recorded one; the recorded one itself where nothing is bound. */
  actual(kind: string, recorded: unknown): unknown {
    const key = `${kind} ${String(recorded)}`;
    return this.#bound.has(key) ? this.#bound.get(key) : recorded;
  }

  /** Whether `actual` may stand where `recorded` stood; binds the two at their first meeting. */
  agrees(kind: string, recorded: unknown, actual: unknown): boolean {
    const key = `${kind} ${String(recorded)}`;
    if (this.#bound.has(key)) return this.#bound.get(key) === actual;
    if (!sameShape(kind, recorded, actual)) return recorded === actual;
    this.#bound.set(key, actual);
    return true;
  }

  /** This run's time for one that a recorded request named. */
  clientTime(recorded: number): number {
    if (!isClockTime(recorded)) return recorded;
    this.#clientTimes.add(recorded);
    return recorded + this.shiftMs;
  }

  /** A client's time must come back shifted and exact; the broker's own clock is only near. */
  agreesOnTime(recorded: number, actual: number): boolean {
    if (!isClockTime(recorded)) return recorded === actual;
    if (actual === recorded + this.shiftMs) return true;
    return !this.#clientTimes.has(recorded) && Math.abs(actual - Date.now()) < 120_000;
  }
}
