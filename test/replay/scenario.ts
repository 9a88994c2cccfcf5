import { alterClientQuotas } from "../../src/protocol/generated/alter-client-quotas.ts";
import { createTopics } from "../../src/protocol/generated/create-topics.ts";
import { describeClientQuotas } from "../../src/protocol/generated/describe-client-quotas.ts";
import { describeGroups } from "../../src/protocol/generated/describe-groups.ts";
import { findCoordinator } from "../../src/protocol/generated/find-coordinator.ts";
import { initProducerId } from "../../src/protocol/generated/init-producer-id.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { Replay, type ReplayTarget } from "./replay.ts";

/** A probe script of the recording: what it prepares, and the cases it asks, in order. */
export interface Scenario {
  readonly name: string;
  /** Settings that Odradek alone has, for what it does only if it is told to. */
  readonly ownSettings?: Readonly<Record<string, string>>;
  /** Its answers are others where its steps take long: among many at once it may be played once more. */
  readonly isTimed?: boolean;
  readonly steps: readonly ((replay: Replay) => Promise<void>)[];
}

/**
 * Plays a scenario to its end. A step that cannot go on, because an answer it builds upon was
 * wrong, is itself a difference, and the next step is tried.
 */
export async function play(scenario: Scenario, target: ReplayTarget): Promise<Replay> {
  const replay = await Replay.start(target);
  try {
    for (const step of scenario.steps) {
      await step(replay).catch((error: unknown) => {
        const where = { api: scenario.name, version: -1, case: step.name };
        const actual = error instanceof Error ? error.message : error;
        replay.report(where, [{ path: "step", expected: "goes to its end", actual }]);
      });
    }
    return replay;
  } finally {
    replay.end();
  }
}

/** Numbers from `first` to `last`, both included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks again every 20 ms until `isDone`; fails after `limitMs`. */
export async function eventually<T>(
  ask: () => Promise<T>,
  isDone: (answer: T) => boolean,
  limitMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (isDone(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await sleep(20);
  }
}

/** Kafka's match type of "this name" (KIP-546). */
const EXACT = 0;

/**
 * Waits until all that was changed is known to every part of the broker. Kafka's controller answers
 * before its broker has heard: changes reach it one after the other, so that a later one, here to a
 * client's quota that nobody has, says that those before it have come. It is made and taken back,
 * because what comes together with others may be seen before their effects.
 */
export async function settled(replay: Replay): Promise<void> {
  const entity = [{ entityType: "client-id", entityName: "settled" }];
  const components = [{ entityType: "client-id", matchType: EXACT, match: "settled" }];
  for (const remove of [false, true]) {
    const ops = [{ key: "consumer_byte_rate", value: 1e9, remove }];
    await replay.call(alterClientQuotas, 1, { entries: [{ entity, ops }], validateOnly: false });
    await eventually(
      () => replay.call(describeClientQuotas, 1, { components, strict: true }),
      ({ entries }) => entries?.length === (remove ? 0 : 1),
    );
  }
}

/** While the internal topic is being made, its coordinator is not there yet (15). */
const COORDINATOR_NOT_AVAILABLE = 15;

/** Before the first case of a recording: coordinators have their topics, producer ids are given. */
export async function warmUp(replay: Replay): Promise<void> {
  for (const keyType of [0, 1]) {
    await eventually(
      () => replay.call(findCoordinator, 4, { keyType, coordinatorKeys: ["warm"] }),
      ({ coordinators }) =>
        coordinators.every(({ errorCode }) => errorCode !== COORDINATOR_NOT_AVAILABLE),
    );
  }
  await eventually(
    () => newProducer(replay),
    (answer) => answer.errorCode === 0,
  );
}

/** Waits until a group has begun to take in members anew: who joins has been heard. */
export async function joining(replay: Replay, groupId: string): Promise<void> {
  await eventually(
    () => replay.call(describeGroups, 5, { groups: [groupId], includeAuthorizedOperations: false }),
    ({ groups }) => groups[0]?.groupState === "PreparingRebalance",
  );
}

export function newProducer(replay: Replay) {
  return replay.call(initProducerId, 4, {
    transactionalId: null,
    transactionTimeoutMs: 60_000,
    producerId: -1,
    producerEpoch: -1,
  });
}

/** Makes a topic, waits until its leaders lead, and gives its id. */
export async function makeTopic(
  replay: Replay,
  name: string,
  options: { partitions?: number; configs?: Readonly<Record<string, string>> } = {},
): Promise<string> {
  const configs = Object.entries(options.configs ?? {});
  await replay.call(createTopics, 7, {
    topics: [
      {
        name,
        numPartitions: options.partitions ?? 1,
        replicationFactor: 1,
        assignments: [],
        configs: configs.map(([key, value]) => ({ name: key, value })),
      },
    ],
    timeoutMs: 10_000,
    validateOnly: false,
  });
  // Kafka names a leader a moment before it leads.
  await settled(replay);
  const asked = { topics: [{ name }], allowAutoTopicCreation: false };
  const answer = await replay.call(metadata, 12, asked);
  return answer.topics[0]?.topicId ?? "";
}
