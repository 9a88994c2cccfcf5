import type { Connection } from "../connection.ts";
import type { Replay } from "../replay.ts";
import { joining, type Scenario, sleep, warmUp } from "../scenario.ts";

/** Made-up stories of classic groups, told in several versions from first join to last leave. */
export const madeUpRebalances: Scenario = {
  name: "made up: rebalances",
  steps: [warmUp, twoMembers, staticMember, choosing],
};

/** A sync that waits is most likely parked after this; what it is told does not depend on it. */
const PAUSE_MS = 60;

interface Joined {
  readonly memberId: string;
  readonly generationId: number;
}

/** One client of a group, on a connection of its own. */
class Member {
  readonly name: string;
  memberId = "";
  generationId = -1;
  readonly #replay: Replay;
  readonly #connection: Connection;
  readonly #story: string;
  readonly #version: number;
  readonly #base: object;

  constructor(
    replay: Replay,
    connection: Connection,
    story: { name: string; version: number; member: string; base?: object },
  ) {
    this.#replay = replay;
    this.#connection = connection;
    this.#story = story.name;
    this.#version = story.version;
    this.#base = { groupId: `${story.name}-${story.version}`, ...story.base };
    this.name = story.member;
  }

  /** Sends a join and gives what reads its answer; from v4 on the first one is sent back. */
  beginJoin(step: string, changes: object = {}): () => Promise<void> {
    const begun = this.#begin("JoinGroup", step, {
      sessionTimeoutMs: 60_000,
      rebalanceTimeoutMs: 10_000,
      memberId: this.memberId,
      groupInstanceId: null,
      protocolType: "consumer",
      protocols: [{ name: "range", metadata: Buffer.from(this.name) }],
      reason: null,
      ...changes,
    });
    return async () => {
      const { memberId, generationId } = (await this.#replay.finish(begun)) as Joined;
      if (memberId !== "") this.memberId = memberId;
      this.generationId = generationId;
    };
  }

  async join(step: string, changes: object = {}): Promise<void> {
    await this.beginJoin(step, changes)();
  }

  beginSync(step: string, assigned: readonly Member[] = []): () => Promise<unknown> {
    const begun = this.#begin("SyncGroup", step, {
      generationId: this.generationId,
      memberId: this.memberId,
      groupInstanceId: null,
      protocolType: "consumer",
      protocolName: "range",
      assignments: assigned.map(({ memberId, name }) => ({
        memberId,
        assignment: Buffer.from(`for ${name}`),
      })),
    });
    return () => this.#replay.finish(begun);
  }

  async heartbeat(step: string): Promise<void> {
    const { generationId, memberId } = this;
    const request = { generationId, memberId, groupInstanceId: null };
    await this.#replay.finish(this.#begin("Heartbeat", step, request));
  }

  async leave(step: string): Promise<void> {
    const { memberId } = this;
    const members = [{ memberId, groupInstanceId: null, reason: null }];
    await this.#replay.finish(this.#begin("LeaveGroup", step, { memberId, members }));
  }

  async describe(step: string): Promise<void> {
    const { groupId } = this.#base as { groupId: string };
    const request = { groups: [groupId], includeAuthorizedOperations: false };
    await this.#replay.finish(this.#begin("DescribeGroups", step, request));
  }

  #begin(api: string, step: string, request: object) {
    const version = Math.min(this.#version, newest[api] ?? 0);
    const name = `made-up: ${this.#story} ${this.#version}, ${this.name} ${step}`;
    const whole = { ...request, ...this.#base };
    return this.#replay.begin({ api, version, case: name }, whole, this.#connection);
  }
}

const newest: Readonly<Record<string, number>> = {
  JoinGroup: 9,
  SyncGroup: 5,
  Heartbeat: 4,
  LeaveGroup: 5,
  DescribeGroups: 6,
};

/** Before members are sent back, before and after static members, and the newest. */
const versions = [0, 2, 3, 4, 5, 9];

async function cast(replay: Replay, name: string, version: number): Promise<[Member, Member]> {
  const one = { name, version, member: "one" };
  const two = { name, version, member: "two" };
  return [
    new Member(replay, await replay.connect(), one),
    new Member(replay, await replay.connect(), two),
  ];
}

async function joinAnew(member: Member, version: number): Promise<void> {
  await member.join("joins");
  if (version >= 4) await member.join("joins with its id");
}

async function twoMembers(replay: Replay): Promise<void> {
  for (const version of versions) {
    const [one, two] = await cast(replay, "pair", version);
    await joinAnew(one, version);
    await one.heartbeat("before it synced");
    await one.beginSync("syncs", [one])();
    if (version >= 4) await two.join("joins");
    const second = two.beginJoin(version >= 4 ? "joins with its id" : "joins");
    await joining(replay, `pair-${version}`);
    await one.heartbeat("hears of the rebalance");
    await one.beginSync("syncs meanwhile")();
    await one.describe("describes the join phase");
    await one.join("joins again");
    await second();
    const follower = two.beginSync("waits for its assignment");
    await sleep(PAUSE_MS);
    await one.describe("describes the sync phase");
    await one.beginSync("assigns to both", [one, two])();
    await follower();
    await two.heartbeat("is fine");
    await two.beginSync("asks once more")();
    await one.describe("describes the stable group");
    await two.join("follower joins unchanged");
    await one.heartbeat("after the follower joined");
    await one.leave("leaves");
    await two.heartbeat("hears that one left");
    await two.join("is left alone");
    await two.beginSync("assigns to itself", [two])();
    await one.heartbeat("has left");
    await two.leave("leaves too");
    await two.leave("leaves twice");
    await two.describe("describes the empty group");
  }
}

async function staticMember(replay: Replay): Promise<void> {
  for (const version of [5, 7, 9]) {
    const base = { groupInstanceId: "instance" };
    const name = "static";
    const first = { name, version, member: "first", base };
    const again = { name, version, member: "again", base };
    const one = new Member(replay, await replay.connect(), first);
    const two = new Member(replay, await replay.connect(), again);
    await one.join("joins");
    await one.beginSync("syncs", [one])();
    await two.join("takes its place");
    await one.heartbeat("is fenced");
    await one.join("is fenced when it joins");
    await two.beginSync("syncs")();
    await two.heartbeat("is fine");
    await two.describe("describes");
  }
}

/** The protocol that all know and most prefer is taken. */
async function choosing(replay: Replay): Promise<void> {
  const version = 5;
  const [one, two] = await cast(replay, "choosing", version);
  const protocols = (...names: string[]) => ({
    protocols: names.map((name) => ({ name, metadata: Buffer.from(name) })),
  });
  await one.join("joins", protocols("a", "b", "range"));
  await one.join("joins with its id", protocols("a", "b", "range"));
  await two.join("joins", protocols("range", "b"));
  const second = two.beginJoin("joins with its id", protocols("range", "b"));
  await joining(replay, `choosing-${version}`);
  await one.join("joins again", protocols("a", "b", "range"));
  await second();
  await one.describe("describes");
}
