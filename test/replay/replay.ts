import type { ApiCodec } from "../../src/protocol/codec.ts";
import { Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { type AnyCodec, codecOf } from "./apis.ts";
import { isClockTime, rewriteBatches } from "./batches.ts";
import { Comparison, type Finding } from "./compare.ts";
import { Connection } from "./connection.ts";
import { Identities, identityKind } from "./identities.ts";
import { caseId, type Outcome, outcomeOf, type Recording } from "./recording.ts";

/** The recording's clock when it was made, milliseconds since the epoch; no case is younger. */
const RECORDED_AT_MS = 1_795_392_200_000;

/** How long an answer may take, and how long nothing must come before it counts as silence. */
const ANSWER_MS = 15_000;
const SILENCE_MS = 700;

/** How long a fetch may wait that was answered at once when it was recorded, so that nobody takes a slow machine for waiting. */
const UNNEEDED_WAIT_MS = 10_000;

/** From here on a wait can be told from a slow machine. */
const LONG_WAIT_MS = 3000;

/** How long members of recorded groups live without a sign of it, and from where on they may. */
const SESSION_MS = 120_000;
const SHORTEST_SESSION_MS = 6000;

/** The client id of every recorded request. */
const CLIENT_ID = "probe";

/** Which case an answer belongs to. */
export interface Where {
  readonly api: string;
  readonly version: number;
  readonly case: string;
}

/** A difference between the recorded answer of a case and the one given here. */
export interface Difference extends Where, Finding {}

export interface ReplayOptions {
  /** The connection to use; "fresh" opens one for this case alone. */
  readonly on?: Connection | "fresh";
  /** Only this part of both answers is compared; for lists of everything there is. */
  readonly part?: (answer: unknown) => unknown;
  /** Changes the request after the run's ids were put in. */
  readonly edit?: (request: unknown) => unknown;
}

export interface ReplayTarget {
  readonly host: string;
  readonly port: number;
  /** Where requests come from. */
  readonly golden: Recording;
  /** What answers are compared with; the golden recording itself unless another broker was asked. */
  readonly reference?: Recording;
  /** Gets every answer, so that it can serve as a reference later. */
  readonly recorder?: Recording;
}

/**
 * Sends recorded requests to a broker, with this run's ids in place of the recorded ones, and
 * compares its answers with the recorded ones.
 */
export class Replay {
  readonly differences: Difference[] = [];
  /** Every case that was replayed, as `Api v1 name`. */
  readonly replayed: string[] = [];
  #main: Connection;
  readonly #target: ReplayTarget;
  readonly #learned: Identities;
  readonly #referenced: Identities;
  readonly #connections: Connection[] = [];
  readonly #startedAtMs = Date.now();
  #correlationId = 0;

  private constructor(target: ReplayTarget, main: Connection) {
    this.#target = target;
    this.#main = main;
    this.#connections.push(main);
    this.#learned = new Identities(this.#startedAtMs - RECORDED_AT_MS);
    this.#referenced = target.reference === undefined ? this.#learned : new Identities(0);
  }

  static async start(target: ReplayTarget): Promise<Replay> {
    return new Replay(target, await Connection.open(target.host, target.port));
  }

  async connect(): Promise<Connection> {
    const connection = await Connection.open(this.#target.host, this.#target.port);
    this.#connections.push(connection);
    return connection;
  }

  end(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Replays one case after another. */
  async replayAll(
    api: string,
    versions: readonly number[] | number,
    names: readonly string[] | string,
    options: ReplayOptions = {},
  ): Promise<void> {
    for (const version of [versions].flat()) {
      for (const name of [names].flat()) await this.replay(api, version, name, options);
    }
  }

  /** When this run began, milliseconds since the epoch: what made-up times are counted from. */
  get startedAtMs(): number {
    return this.#startedAtMs;
  }

  /** Replays one recorded case; gives the decoded answer, if one came. */
  async replay(
    api: string,
    version: number,
    name: string,
    options: ReplayOptions = {},
  ): Promise<unknown> {
    const codec = codecOf(api);
    const request = this.recordedRequest(api, version, name);
    return await this.#step({ codec, version, name }, options.edit?.(request) ?? request, options);
  }

  /** The recorded request of a case, decoded, with this run's ids and times. */
  recordedRequest(api: string, version: number, name: string): unknown {
    const recorded = this.#target.golden.get(api, version, name);
    const request = decodeRequest(codecOf(api), version, Buffer.from(recorded.request, "hex"));
    return withLongSession(withLongWait(this.#substitute(request, ""), recorded.tookMs));
  }

  /** Sends the recorded bytes as they are: for frames that no codec would write. */
  async replayRaw(api: string, version: number, name: string): Promise<void> {
    const recorded = this.#target.golden.get(api, version, name);
    const connection = await this.connect();
    connection.send(Buffer.from(recorded.request, "hex"));
    const outcome = await connection.receive(this.#patience({ api, version, case: name }));
    // An answer to an unsupported version of ApiVersions has the layout of v0.
    this.#judge({ codec: codecOf(api), version, name, layout: 0 }, { outcome, tookMs: 0 });
    connection.close();
  }

  /** Whether the version has room for every value of the request. */
  canAsk(where: Where, request: unknown): boolean {
    try {
      codecOf(where.api).encodeRequest(new Writer(), request, where.version);
      return true;
    } catch {
      return false;
    }
  }

  /** Sends a request that is not among the recorded ones; `name` tells it from others. */
  async ask(where: Where, request: unknown, options: ReplayOptions = {}): Promise<unknown> {
    const step = { codec: codecOf(where.api), version: where.version, name: where.case };
    return await this.#step(step, request, options);
  }

  /** Sends bytes in place of a request's body, on a connection of their own. */
  async askBytes(
    where: Where,
    body: Buffer,
    options: { readonly version?: number; readonly part?: (answer: unknown) => unknown } = {},
  ): Promise<void> {
    const codec = codecOf(where.api);
    const connection = await this.connect();
    const frame = this.#framed(codec, options.version ?? where.version, body);
    connection.send(frame);
    const outcome = await connection.receive(this.#patience(where));
    const { part } = options;
    const step = { codec, version: where.version, name: where.case, frame };
    this.#judge(part === undefined ? step : { ...step, part }, { outcome, tookMs: 0 });
    connection.close();
  }

  /** A request whose answer the scenario needs, and which is not compared. */
  async call<Q, R, QI, RI>(
    codec: ApiCodec<Q, R, QI, RI>,
    version: number,
    request: QI,
    connection: Connection = this.#main,
  ): Promise<R> {
    const any = codec as unknown as AnyCodec;
    const frame = this.#frame(any, version, request);
    connection.send(frame);
    const outcome = await connection.receive(ANSWER_MS);
    if (typeof outcome === "string") {
      if (connection === this.#main) this.#main = await this.connect();
      throw new Error(`${codec.name} v${version}: ${outcome}`);
    }
    return decodeAnswer(any, version, outcome) as R;
  }

  /** Notes what differed in a case. */
  report(where: Where, findings: readonly Finding[]): void {
    for (const finding of findings) this.differences.push({ ...where, ...finding });
  }

  /** From now on `actual` stands for the value that a field of a recorded request holds. */
  adopt(kind: string, recorded: unknown, actual: unknown): void {
    this.#learned.bind(kind, recorded, actual);
  }

  /** The decoded answer of a recorded case, with this run's times. */
  recordedAnswer(api: string, version: number, name: string): unknown {
    const outcome = outcomeOf(this.#target.golden.get(api, version, name));
    if (typeof outcome === "string") throw new Error(`${caseId(api, version, name)}: ${outcome}`);
    return this.#substitute(decodeAnswer(codecOf(api), version, outcome), "");
  }

  /**
   * Sends a request and leaves its answer for `finish`: to ask more behind it on the same
   * connection, or to do something else while it waits.
   */
  begin(where: Where, request: unknown, on: Connection): Begun {
    const step = { codec: codecOf(where.api), version: where.version, name: where.case };
    return this.#send(step, request, on);
  }

  /** A request as it is sent: for those that are never answered. */
  frameOf(api: string, version: number, request: unknown): Buffer {
    return this.#frame(codecOf(api), version, request);
  }

  /** Waits for the answer to a request that was begun. */
  async finish(begun: Begun): Promise<unknown> {
    return await this.#receive(begun);
  }

  async #step(step: Step, request: unknown, options: ReplayOptions): Promise<unknown> {
    const isFresh = options.on === "fresh";
    const connection = options.on === "fresh" ? await this.connect() : (options.on ?? this.#main);
    const { part } = options;
    const begun = this.#send(part === undefined ? step : { ...step, part }, request, connection);
    const answer = await this.#receive(begun);
    if (isFresh) connection.close();
    return answer;
  }

  #send(step: Step, request: unknown, connection: Connection): Begun {
    const frame = this.#frame(step.codec, step.version, request);
    connection.send(frame);
    const maxWaitMs = maxWaitOf(request);
    const sent = maxWaitMs === undefined ? { ...step, frame } : { ...step, frame, maxWaitMs };
    return { step: sent, connection, startedAt: performance.now() };
  }

  async #receive({ step, connection, startedAt }: Begun): Promise<unknown> {
    const { codec, version, name } = step;
    const where = { api: codec.name, version, case: name };
    const outcome = await connection.receive(this.#patience(where));
    const tookMs = Math.round(performance.now() - startedAt);
    // What comes late must not be taken for the answer to the next request.
    if (connection === this.#main && typeof outcome === "string") this.#main = await this.connect();
    return this.#judge(step, { outcome, tookMs });
  }

  /** How long to wait for what comes: not long where it is known that nothing does. */
  #patience({ api, version, case: name }: Where): number {
    const reference = this.#target.reference ?? this.#target.golden;
    const recorded = reference.find(api, version, name);
    const isSilent = recorded !== undefined && outcomeOf(recorded) === "silence";
    return isSilent ? SILENCE_MS : ANSWER_MS;
  }

  /** Compares what came with what was recorded, and learns ids from the golden answer. */
  #judge(step: Step, { outcome, tookMs }: { outcome: Outcome; tookMs: number }): unknown {
    const { codec, version, name } = step;
    const layout = step.layout ?? version;
    const answer = typeof outcome === "string" ? outcome : decodeAnswer(codec, layout, outcome);
    this.replayed.push(caseId(codec.name, version, name));
    this.#target.recorder?.add(codec.name, version, {
      case: name,
      note: typeof outcome === "string" ? outcome : "",
      request: (step.frame ?? Buffer.alloc(0)).toString("hex"),
      response: typeof outcome === "string" ? null : outcome.toString("hex"),
      tookMs,
      startedAtMs: this.#startedAtMs,
    });
    const compareWith = (recording: Recording, identities: Identities): readonly Finding[] => {
      const recorded = recording.find(codec.name, version, name);
      if (recorded === undefined) return [];
      identities.shiftMs = this.#startedAtMs - (recorded.startedAtMs ?? RECORDED_AT_MS);
      const expected = outcomeOf(recorded);
      const wanted =
        typeof expected === "string" ? expected : decodeAnswer(codec, layout, expected);
      const part = step.part ?? ((whole: unknown) => whole);
      const isBoth = typeof wanted !== "string" && typeof answer !== "string";
      const findings = isBoth
        ? new Comparison(codec.name, identities).compare(part(wanted), part(answer))
        : wanted === answer
          ? []
          : [{ path: "", expected: wanted, actual: answer }];
      return [...findings, ...compareTimes(step.maxWaitMs, recorded.tookMs, tookMs)];
    };
    const golden = compareWith(this.#target.golden, this.#learned);
    const found =
      this.#target.reference === undefined
        ? golden
        : compareWith(this.#target.reference, this.#referenced);
    this.report({ api: codec.name, version, case: name }, found);
    return answer;
  }

  #frame(codec: AnyCodec, version: number, request: unknown): Buffer {
    const writer = new Writer();
    codec.encodeRequest(writer, request, version);
    return this.#framed(codec, version, writer.toBuffer());
  }

  #framed(codec: AnyCodec, version: number, body: Buffer): Buffer {
    const isFlexible = version >= codec.flexibleFrom;
    const header = Buffer.alloc(10 + CLIENT_ID.length + (isFlexible ? 1 : 0));
    header.writeInt16BE(codec.key, 0);
    header.writeInt16BE(version, 2);
    this.#correlationId += 1;
    header.writeInt32BE(this.#correlationId, 4);
    header.writeInt16BE(CLIENT_ID.length, 8);
    header.write(CLIENT_ID, 10);
    const size = Buffer.alloc(4);
    size.writeInt32BE(header.length + body.length);
    return Buffer.concat([size, header, body]);
  }

  #substitute(value: unknown, field: string): unknown {
    if (Buffer.isBuffer(value)) {
      if (field !== "records") return value;
      return rewriteBatches(value, {
        clientTime: (recorded) => this.#learned.clientTime(recorded),
        producerId: (recorded) => this.#learned.actual("producer", recorded) as number,
      });
    }
    if (Array.isArray(value)) return value.map((element) => this.#substitute(element, field));
    if (typeof value === "object" && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([name, inner]) => [name, this.#substitute(inner, name)]),
      );
    }
    const kind = identityKind(field);
    if (kind !== undefined) return this.#learned.actual(kind, value);
    if (typeof value === "number" && isClockTime(value)) return this.#learned.clientTime(value);
    return value;
  }
}

interface Step {
  readonly codec: AnyCodec;
  readonly version: number;
  readonly name: string;
  /** The version whose layout the answer has, if not the one asked for. */
  readonly layout?: number;
  readonly frame?: Buffer;
  /** Of a fetch. */
  readonly maxWaitMs?: number;
  readonly part?: (answer: unknown) => unknown;
}

/** A request that was sent, and whose answer has not been read. */
export interface Begun {
  readonly step: Step;
  readonly connection: Connection;
  readonly startedAt: number;
}

/**
 * A fetch that was recorded as waiting to the end must do so, and one that was woken or answered at
 * once must be. A broker on a slow machine takes its time, so only a wait that may be long tells.
 */
function compareTimes(
  maxWaitMs: number | undefined,
  expected: number | undefined,
  actual: number,
): Finding[] {
  if (maxWaitMs === undefined || expected === undefined || maxWaitMs <= 0) return [];
  const finding = { path: "tookMs", expected, actual };
  if (expected >= maxWaitMs) return actual < 0.7 * maxWaitMs ? [finding] : [];
  const wasLongWait = maxWaitMs >= LONG_WAIT_MS;
  return wasLongWait && actual >= 0.9 * maxWaitMs ? [finding] : [];
}

/** How long a fetch is ready to wait. */
function maxWaitOf(request: unknown): number | undefined {
  const isFetch = typeof request === "object" && request !== null && "maxWaitMs" in request;
  return isFetch ? Number(request.maxWaitMs) : undefined;
}

/** The same fetch with more patience, if it was answered without any need of it. */
function withLongWait(request: unknown, tookMs: number | undefined): unknown {
  const maxWaitMs = maxWaitOf(request) ?? 0;
  if (tookMs === undefined || tookMs >= Math.min(maxWaitMs, 60)) return request;
  return { ...(request as object), maxWaitMs: UNNEEDED_WAIT_MS };
}

function decodeRequest(codec: AnyCodec, version: number, frame: Buffer): unknown {
  const clientIdLength = Math.max(frame.readInt16BE(12), 0);
  const body = 14 + clientIdLength + (version >= codec.flexibleFrom ? 1 : 0);
  return codec.decodeRequest(new Reader(frame, body), version);
}

function decodeAnswer(codec: AnyCodec, version: number, frame: Buffer): unknown {
  const hasTaggedHeader = version >= codec.flexibleFrom && codec.name !== "ApiVersions";
  const reader = new Reader(frame, hasTaggedHeader ? 9 : 8);
  const answer = codec.decodeResponse(reader, version);
  if (reader.remaining !== 0) throw new Error(`${codec.name} v${version}: bytes left over`);
  return answer;
}

/** The same join for a member that a slow machine does not lose, if its session was a valid one. */
function withLongSession(request: unknown): unknown {
  const isJoin = typeof request === "object" && request !== null && "sessionTimeoutMs" in request;
  const sessionMs = isJoin ? Number(request.sessionTimeoutMs) : 0;
  const isShort = sessionMs >= SHORTEST_SESSION_MS && sessionMs < SESSION_MS;
  return isShort ? { ...(request as object), sessionTimeoutMs: SESSION_MS } : request;
}
