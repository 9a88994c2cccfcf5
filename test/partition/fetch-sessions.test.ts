import { describe, expect, test } from "vitest";
import { type Fetched, failed } from "../../src/partition/fetch-plan.ts";
import {
  type Asked,
  type FetchRequestHead,
  FetchSessions,
} from "../../src/partition/fetch-sessions.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

function asked(topic: string, index = 0, fetchOffset = 0): Asked {
  return {
    topic,
    index,
    fetchOffset,
    maxBytes: 1000,
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
  };
}

function head(fields: Partial<FetchRequestHead>): FetchRequestHead {
  return {
    sessionId: 0,
    sessionEpoch: -1,
    usesTopicIds: false,
    asked: [],
    forgotten: [],
    ...fields,
  };
}

function fetched(fields: Partial<Fetched> = {}): Fetched {
  return {
    errorCode: ErrorCode.NONE,
    highWatermark: 5,
    lastStableOffset: 5,
    logStartOffset: 0,
    records: [],
    bytes: 0,
    ...fields,
  };
}

function setUp(maxSessions = 10) {
  const clock = new ManualClock();
  let seed = 0;
  const random = () => {
    seed += 1;
    return seed / 1_000_000;
  };
  return { clock, sessions: new FetchSessions({ maxSessions, clock, random }) };
}

function newSession(sessions: FetchSessions, ...partitions: Asked[]): number {
  return sessionOf(sessions, partitions);
}

function sessionOf(sessions: FetchSessions, partitions: readonly Asked[]): number {
  const scope = sessions.open(head({ sessionEpoch: 0, asked: partitions }));
  return scope.answer(partitions.map(() => fetched())).sessionId;
}

function codeOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as { code: unknown }).code;
  }
  return undefined;
}

describe("fetch sessions (KIP-227)", () => {
  test("epoch -1 fetches in full and leaves nothing behind", () => {
    const { sessions } = setUp();

    const scope = sessions.open(head({ sessionEpoch: -1, asked: [asked("a")] }));
    const answer = scope.answer([fetched()]);

    expect(answer).toEqual({ sessionId: 0, included: [0] });
    expect(sessions.size).toBe(0);
  });

  test("epoch 0 makes a session, even for no partitions at all", () => {
    const { sessions } = setUp();

    expect(newSession(sessions)).toBeGreaterThan(0);
  });

  test("an incremental answer holds only what the client has not been told", () => {
    const { sessions } = setUp();
    const sessionId = newSession(sessions, asked("a"), asked("b"), asked("c"));

    const scope = sessions.open(head({ sessionId, sessionEpoch: 1 }));
    const results = [fetched(), fetched({ highWatermark: 6 }), fetched({ logStartOffset: 2 })];

    expect(scope.asked.map(({ topic }) => topic)).toEqual(["a", "b", "c"]);
    expect(scope.answer(results)).toEqual({ sessionId, included: [1, 2] });
  });

  test("a partition that had records is read last the next time, so that none starves", () => {
    const { sessions } = setUp();
    const sessionId = newSession(sessions, asked("a"), asked("b"));
    sessions.open(head({ sessionId, sessionEpoch: 1 })).answer([fetched({ bytes: 9 }), fetched()]);

    const scope = sessions.open(head({ sessionId, sessionEpoch: 2 }));

    expect(scope.asked.map(({ topic }) => topic)).toEqual(["b", "a"]);
  });

  test("a partition whose news is not records keeps its place", () => {
    const { sessions } = setUp();
    const sessionId = newSession(sessions, asked("a"), asked("b"));
    const news = fetched({ highWatermark: 6 });
    sessions.open(head({ sessionId, sessionEpoch: 1 })).answer([news, fetched()]);

    const scope = sessions.open(head({ sessionId, sessionEpoch: 2 }));

    expect(scope.asked.map(({ topic }) => topic)).toEqual(["a", "b"]);
  });

  test("an error is told every time, and the recovery from it once", () => {
    const { sessions } = setUp();
    const sessionId = newSession(sessions, asked("a"));
    const next = (sessionEpoch: number, result: Fetched) =>
      sessions.open(head({ sessionId, sessionEpoch })).answer([result]).included;

    const error = failed(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION);

    expect(next(1, error)).toEqual([0]);
    expect(next(2, error)).toEqual([0]);
    expect(next(3, fetched())).toEqual([0]);
    expect(next(4, fetched())).toEqual([]);
  });

  test("partitions are added, moved and forgotten as the client says", () => {
    const { sessions } = setUp();
    const sessionId = newSession(sessions, asked("a"), asked("b"));

    const scope = sessions.open(
      head({
        sessionId,
        sessionEpoch: 1,
        asked: [asked("b", 0, 7), asked("c")],
        forgotten: [{ topic: "a", index: 0 }],
      }),
    );

    expect(scope.asked).toEqual([asked("b", 0, 7), asked("c")]);
  });

  test("a session that is left without partitions ends", () => {
    const { sessions } = setUp();
    const sessionId = newSession(sessions, asked("a"));

    const scope = sessions.open(
      head({ sessionId, sessionEpoch: 1, forgotten: [{ topic: "a", index: 0 }] }),
    );

    expect(scope.answer([])).toEqual({ sessionId: 0, included: [] });
    expect(sessions.size).toBe(0);
  });

  test("an unknown session, a wrong epoch and the wrong kind of topic names are refused", () => {
    const { sessions } = setUp();
    const sessionId = newSession(sessions, asked("a"));
    const open = (fields: Partial<FetchRequestHead>) => codeOf(() => sessions.open(head(fields)));

    expect(open({ sessionId: 0, sessionEpoch: 5 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(open({ sessionId, sessionEpoch: 2 })).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    expect(open({ sessionId, sessionEpoch: 1, usesTopicIds: true })).toBe(
      ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    );
  });

  test("a partition that is named twice counts once, with what was said last", () => {
    const { sessions } = setUp();

    const scope = sessions.open(head({ asked: [asked("a", 0, 1), asked("a", 0, 2)] }));

    expect(scope.asked).toEqual([asked("a", 0, 2)]);
  });

  test("a full cache answers without a session until an old one may be evicted", async () => {
    const { clock, sessions } = setUp(1);
    const first = newSession(sessions, asked("a"));

    expect(newSession(sessions, asked("b"))).toBe(0);
    await clock.advance(120_001);
    const second = newSession(sessions, asked("b"));

    expect(second).toBeGreaterThan(0);
    expect(codeOf(() => sessions.open(head({ sessionId: first, sessionEpoch: 1 })))).toBe(
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    );
  });
});

test("sessions hold a quarter of a million partitions together, and no more", () => {
  const { sessions } = setUp();
  const many = Array.from({ length: 249_999 }, (_, index) => asked("large", index));
  const large = sessionOf(sessions, many);
  const small = newSession(sessions, asked("small"));

  expect(newSession(sessions, asked("late"))).toBe(0);
  // One that grows beyond the bound is given up, and what it held is free again.
  const growing = head({ sessionId: small, sessionEpoch: 1, asked: [asked("small", 1)] });
  expect(codeOf(() => sessions.open(growing))).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  expect(newSession(sessions, asked("late"))).not.toBe(0);
  // So is what the client forgets, and what it closes.
  const forgotten = [{ topic: "large", index: 0 }];
  sessions.open(head({ sessionId: large, sessionEpoch: 1, forgotten }));
  expect(newSession(sessions, asked("later"))).not.toBe(0);
  sessions.open(head({ sessionId: large, sessionEpoch: -1 }));
  expect(sessionOf(sessions, many.slice(2))).not.toBe(0);
}, 60_000);
