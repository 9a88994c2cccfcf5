import { createPartitions } from "../../../src/protocol/generated/create-partitions.ts";
import { deleteRecords } from "../../../src/protocol/generated/delete-records.ts";
import { deleteTopics } from "../../../src/protocol/generated/delete-topics.ts";
import { produce } from "../../../src/protocol/generated/produce.ts";
import type { Replay } from "../replay.ts";
import { makeTopic, type Scenario, settled, sleep, warmUp } from "../scenario.ts";

/** Made-up questions whose answers depend on what else is asked meanwhile, or was asked before. */
export const madeUpConversations: Scenario = {
  name: "made up: conversations",
  isTimed: true,
  steps: [prepare, pipelined, longPolls, longPollsOverChanges, sessions, sessionsOverRecreation],
};

/** By name and by id, before and after leaders were told in answers. */
const sessionVersions = [7, 12, 13, 18];
/** What waits is the same in all of them, and waiting takes time. */
const waitingVersions = [7, 18];

/** Far longer than any answer that was woken takes. */
const LONG_WAIT_MS = 5000;
const SHORT_WAIT_MS = 300;
/** After this a fetch is surely parked, and a broker has heard what the controller did. */
const PAUSE_MS = 150;

const UNKNOWN_ID = "ERERESIiMzNERFVVVVVVVQ";

const topicIds = new Map<string, string>();
/** One batch with one record. */
const made: { batch: Buffer } = { batch: Buffer.alloc(0) };

interface ProduceBody {
  readonly topicData: readonly {
    readonly partitionData: readonly { readonly records: Buffer }[];
  }[];
}

async function newTopic(replay: Replay, name: string, partitions = 1): Promise<void> {
  topicIds.set(name, await makeTopic(replay, name, { partitions }));
}

async function prepare(replay: Replay): Promise<void> {
  await warmUp(replay);
  const { topicData } = replay.recordedRequest("Produce", 9, "ok-acks-all") as ProduceBody;
  made.batch = topicData[0]?.partitionData[0]?.records ?? Buffer.alloc(0);
  await newTopic(replay, "pipe", 2);
  for (const version of waitingVersions) {
    await newTopic(replay, `poll-${version}`, 3);
    await newTopic(replay, `change-${version}`);
    await newTopic(replay, `again-${version}`);
  }
  for (const version of sessionVersions) await newTopic(replay, `session-${version}`, 4);
}

function topicData(topic: string, partitions: readonly number[]) {
  return [
    {
      name: topic,
      topicId: topicIds.get(topic) ?? UNKNOWN_ID,
      partitionData: partitions.map((index) => ({ index, records: made.batch })),
    },
  ];
}

function producing(topic: string, partitions: readonly number[], acks = -1) {
  return { transactionalId: null, acks, timeoutMs: 5000, topicData: topicData(topic, partitions) };
}

async function append(replay: Replay, topic: string, ...partitions: number[]): Promise<void> {
  await replay.call(produce, 9, producing(topic, partitions));
}

interface Place {
  readonly partition: number;
  readonly fetchOffset: number;
  readonly partitionMaxBytes?: number;
}

function wanted(topic: string, ...places: readonly Place[]) {
  return {
    topic,
    topicId: topicIds.get(topic) ?? UNKNOWN_ID,
    partitions: places.map((place) => ({
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      partitionMaxBytes: 1_048_576,
      ...place,
    })),
  };
}

function at(partition: number, fetchOffset: number): Place {
  return { partition, fetchOffset };
}

interface FetchChanges {
  readonly maxWaitMs?: number;
  readonly minBytes?: number;
  readonly maxBytes?: number;
  readonly isolationLevel?: number;
  readonly sessionId?: number;
  readonly sessionEpoch?: number;
  readonly topics?: readonly ReturnType<typeof wanted>[];
  readonly forgottenTopicsData?: readonly object[];
}

function fetching(changes: FetchChanges) {
  return {
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1_048_576,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [],
    forgottenTopicsData: [],
    rackId: "",
    ...changes,
  };
}

/** Several requests are sent at once; their answers come one by one, in order. */
async function pipelined(replay: Replay): Promise<void> {
  const connection = await replay.connect();
  const begin = (api: string, version: number, name: string, request: unknown) =>
    replay.begin({ api, version, case: `made-up: pipelined ${name}` }, request, connection);
  const parked = fetching({ maxWaitMs: SHORT_WAIT_MS, topics: [wanted("pipe", at(1, 0))] });
  const one = { topics: [{ name: "pipe" }], allowAutoTopicCreation: false };
  const end = {
    replicaId: -1,
    isolationLevel: 0,
    topics: [
      { name: "pipe", partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] },
    ],
    timeoutMs: 1000,
  };
  const unknown = producing("nope", [0]);
  const asked = [
    begin("Fetch", 12, "first, waits", parked),
    begin("Produce", 9, "behind a fetch", producing("pipe", [0])),
    begin("ListOffsets", 7, "behind a produce", end),
    begin("Produce", 9, "that fails", unknown),
    begin("Produce", 9, "behind a failure", producing("pipe", [0])),
    begin("Metadata", 12, "at the end", one),
  ];
  for (const begun of asked) await replay.finish(begun);
  // acks=0 has no answer: what comes next answers the request behind it.
  connection.send(replay.frameOf("Produce", 9, producing("pipe", [0], 0)));
  await replay.finish(begin("ListOffsets", 7, "behind acks=0", end));
  connection.send(replay.frameOf("Produce", 9, producing("nope", [0], 0)));
  await replay.finish(begin("ListOffsets", 7, "behind a failed acks=0", end));
}

/** A fetch that waits, and what happens to it when something is done meanwhile. */
async function whileItWaits(
  replay: Replay,
  question: { readonly version: number; readonly name: string; readonly request: unknown },
  meanwhile: () => Promise<unknown>,
): Promise<void> {
  const { version, name, request } = question;
  const connection = await replay.connect();
  const where = { api: "Fetch", version, case: `made-up: waiting, ${name}` };
  const begun = replay.begin(where, request, connection);
  await sleep(PAUSE_MS);
  await meanwhile();
  await replay.finish(begun);
  connection.close();
}

async function longPolls(replay: Replay): Promise<void> {
  for (const version of waitingVersions) {
    const topic = `poll-${version}`;
    await append(replay, topic, 2);
    const waiting = (name: string, changes: FetchChanges) => ({
      version,
      name,
      request: fetching({ maxWaitMs: LONG_WAIT_MS, topics: [wanted(topic, at(0, 0))], ...changes }),
    });
    const short = { maxWaitMs: SHORT_WAIT_MS };
    const nothing = async () => {};
    await whileItWaits(replay, waiting("woken by a produce", {}), () => append(replay, topic, 0));
    const two = { topics: [wanted(topic, at(0, 1), at(1, 0))] };
    await whileItWaits(replay, waiting("of two", two), () => append(replay, topic, 1));
    const many = { topics: [wanted(topic, at(1, 0))], minBytes: 200 };
    await whileItWaits(replay, waiting("too little, then enough", many), async () => {
      await append(replay, topic, 1);
      await sleep(PAUSE_MS);
      await append(replay, topic, 1);
    });
    const committed = { topics: [wanted(topic, at(0, 1))], isolationLevel: 1 };
    await whileItWaits(replay, waiting("read committed", committed), () =>
      append(replay, topic, 0),
    );
    const outOfRange = { topics: [wanted(topic, at(0, 9_999), at(1, 3))] };
    await whileItWaits(replay, waiting("one out of range", outOfRange), nothing);
    const end = at(2, 1);
    const beside = { ...short, topics: [wanted(topic, end), wanted("nope", at(0, 0))] };
    await whileItWaits(replay, waiting("beside an unknown topic", beside), nothing);
    const unknown = { ...short, topics: [wanted(topic, end, at(9, 0))] };
    await whileItWaits(replay, waiting("beside an unknown partition", unknown), nothing);
    const only = { ...short, topics: [wanted("nope", at(0, 0))] };
    await whileItWaits(replay, waiting("only an unknown topic", only), nothing);
    await whileItWaits(replay, waiting("nothing asked", { ...short, topics: [] }), nothing);
  }
}

async function longPollsOverChanges(replay: Replay): Promise<void> {
  for (const version of waitingVersions) {
    const topic = `change-${version}`;
    await append(replay, topic, 0);
    const waiting = (name: string, maxWaitMs: number) => ({
      version,
      name,
      request: fetching({ maxWaitMs, topics: [wanted(topic, at(0, 1))] }),
    });
    await whileItWaits(replay, waiting("partitions added", SHORT_WAIT_MS), () =>
      replay.call(createPartitions, 3, {
        topics: [{ name: topic, count: 2, assignments: null }],
        timeoutMs: 5000,
        validateOnly: false,
      }),
    );
    await whileItWaits(replay, waiting("records deleted", SHORT_WAIT_MS), () =>
      replay.call(deleteRecords, 2, {
        topics: [{ name: topic, partitions: [{ partitionIndex: 0, offset: -1 }] }],
        timeoutMs: 5000,
      }),
    );
    await whileItWaits(replay, waiting("topic deleted", LONG_WAIT_MS), () => remove(replay, topic));
  }
}

async function remove(replay: Replay, name: string): Promise<void> {
  await replay.call(deleteTopics, 6, { topics: [{ name }], timeoutMs: 5000 });
}

/** What a session's fetch says, step by step: each is a case. */
class SessionTalk {
  readonly #replay: Replay;
  readonly #version: number;
  readonly #name: string;
  #sessionId = 0;
  #epoch = 0;

  constructor(replay: Replay, version: number, name: string) {
    this.#replay = replay;
    this.#version = version;
    this.#name = name;
  }

  async say(step: string, changes: FetchChanges): Promise<void> {
    const request = fetching({
      sessionId: this.#sessionId,
      sessionEpoch: this.#epoch,
      ...changes,
    });
    const where = {
      api: "Fetch",
      version: this.#version,
      case: `made-up: ${this.#name}, ${step}`,
    };
    const answer = (await this.#replay.ask(where, request)) as { sessionId: number };
    if (this.#epoch === 0) this.#sessionId = answer.sessionId;
    this.#epoch += 1;
  }
}

async function sessions(replay: Replay): Promise<void> {
  for (const version of sessionVersions) {
    const topic = `session-${version}`;
    await append(replay, topic, 0, 1, 2);
    const ends = [at(0, 1), at(1, 1), at(2, 1)];
    const talk = new SessionTalk(replay, version, "session");
    await talk.say("begun", { topics: [wanted(topic, ...ends)] });
    await talk.say("nothing new", {});
    await append(replay, topic, 1);
    await talk.say("news of one", {});
    await append(replay, topic, 0, 2);
    await talk.say("the one with news comes last", { maxBytes: 1 });
    await talk.say("again, then", { maxBytes: 1 });
    await talk.say("moved on", { topics: [wanted(topic, at(0, 2), at(1, 2), at(2, 2))] });
    await talk.say("one out of range", { topics: [wanted(topic, at(1, 9_999))] });
    await talk.say("still out of range", {});
    await talk.say("in range again", { topics: [wanted(topic, at(1, 2))] });
    await talk.say("an unknown partition", { topics: [wanted(topic, at(9, 0))] });
    await talk.say("still unknown", {});
    const forgotten = { topic, topicId: topicIds.get(topic), partitions: [9, 0, 77] };
    await talk.say("forgotten", { forgottenTopicsData: [forgotten] });
    await append(replay, topic, 0, 1, 2);
    await talk.say("order of those left", {});
    await talk.say("one more, and the same again", {
      topics: [wanted(topic, at(3, 0), at(1, 3))],
    });
    await talk.say("both named and forgotten", {
      topics: [wanted(topic, at(0, 0))],
      forgottenTopicsData: [{ ...forgotten, partitions: [0] }],
    });
    const rest = { ...forgotten, partitions: [0, 1, 2, 3] };
    await talk.say("all forgotten", { forgottenTopicsData: [rest] });
    await talk.say("after all were forgotten", {});
  }
}

async function sessionsOverRecreation(replay: Replay): Promise<void> {
  for (const version of waitingVersions) {
    const topic = `again-${version}`;
    await append(replay, topic, 0);
    const talk = new SessionTalk(replay, version, "session over re-creation");
    await talk.say("begun", { topics: [wanted(topic, at(0, 1))] });
    const former = topicIds.get(topic);
    await remove(replay, topic);
    await settled(replay);
    await talk.say("deleted", {});
    await newTopic(replay, topic);
    await talk.say("made again", {});
    await append(replay, topic, 0);
    await talk.say("records again", {});
    await talk.say("named anew", {
      topics: [wanted(topic, at(0, 0))],
      forgottenTopicsData: version >= 13 ? [{ topicId: former, partitions: [0] }] : [],
    });
    await talk.say("nothing new", { topics: [wanted(topic, at(0, 1))] });
  }
}
