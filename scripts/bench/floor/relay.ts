import { openSync, writevSync } from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { crc32c } from "@node-rs/crc32";
import { deleteGroups } from "../../../src/protocol/generated/delete-groups.ts";
import { deleteTopics } from "../../../src/protocol/generated/delete-topics.ts";
import { type FetchRequest, fetch } from "../../../src/protocol/generated/fetch.ts";
import { findCoordinator } from "../../../src/protocol/generated/find-coordinator.ts";
import { heartbeat } from "../../../src/protocol/generated/heartbeat.ts";
import { initProducerId } from "../../../src/protocol/generated/init-producer-id.ts";
import { joinGroup } from "../../../src/protocol/generated/join-group.ts";
import { leaveGroup } from "../../../src/protocol/generated/leave-group.ts";
import { listOffsets } from "../../../src/protocol/generated/list-offsets.ts";
import { offsetCommit } from "../../../src/protocol/generated/offset-commit.ts";
import { offsetFetch } from "../../../src/protocol/generated/offset-fetch.ts";
import { produce } from "../../../src/protocol/generated/produce.ts";
import { syncGroup } from "../../../src/protocol/generated/sync-group.ts";
import { Answers, agreed } from "./answers.ts";
import { listen } from "./splitter.ts";

/*
 * What one thread of Node can do at most with records on their way from one client to another, and
 * with groups of one member: requests are decoded and answered with the broker's own codecs, records
 * are summed, stamped, appended to one file and kept for who reads at the tail. No broker's work
 * besides: no session, no index, no group's life, nothing checked, nothing that could be found again.
 */
const { values: flags } = parseArgs({
  options: {
    port: { type: "string", default: "9092" },
    "data-dir": { type: "string", default: "." },
  },
});

/** Newest batches of a partition that can be read. */
const KEPT_BATCHES = 1000;
const MEMBER_ID_REQUIRED = 79;
const REBALANCE_IN_PROGRESS = 27;
/** Where a batch has its checksum, what it covers, and how many offsets follow its first. */
const CRC_AT = 17;
const SUMMED_FROM = 21;
const LAST_OFFSET_DELTA_AT = 23;
/** Highest versions that name topics, and one group. */
const HIGHEST = { fetch: 11, deleteTopics: 5, offsetFetch: 7, findCoordinator: 3 } as const;

const file = openSync(join(flags["data-dir"], "floor"), "a");
const port = Number(flags.port);

interface Tail {
  endOffset: number;
  readonly batches: { readonly lastOffset: number; readonly bytes: Buffer }[];
}

const tails = new Map<string, Tail>();
/** Fetches that wait for records. */
const parked = new Set<() => void>();
/** What this turn of the event loop appends, and who waits for it. */
let waiting: Buffer[] = [];
let told: (() => void)[] = [];
let members = 0;
const generations = new Map<string, number>();

function tailOf(topic: string, index: number): Tail {
  const name = `${topic}-${index}`;
  const tail = tails.get(name) ?? { endOffset: 0, batches: [] };
  tails.set(name, tail);
  return tail;
}

function generationOf(group: string): number {
  return generations.get(group) ?? 1;
}

function writeWaiting(): void {
  writevSync(file, waiting);
  const now = told;
  waiting = [];
  told = [];
  for (const tell of now) tell();
  for (const look of [...parked]) look();
}

/** Settles when it is in the file. */
function written<T>(bytes: Buffer, answer: T): Promise<T> {
  if (waiting.length === 0) setImmediate(writeWaiting);
  waiting.push(bytes);
  return new Promise((resolve) => told.push(() => resolve(answer)));
}

function append(tail: Tail, records: Buffer | null): { bytes: Buffer; baseOffset: number } {
  const bytes = Buffer.from(records ?? []);
  if (crc32c(bytes.subarray(SUMMED_FROM)) !== bytes.readUInt32BE(CRC_AT)) {
    throw new Error("a batch that is damaged");
  }
  const baseOffset = tail.endOffset;
  bytes.writeBigInt64BE(BigInt(baseOffset));
  tail.endOffset += 1 + bytes.readInt32BE(LAST_OFFSET_DELTA_AT);
  tail.batches.push({ lastOffset: tail.endOffset - 1, bytes });
  if (tail.batches.length > KEPT_BATCHES) tail.batches.shift();
  return { bytes, baseOffset };
}

function recordsFrom({ batches, endOffset }: Tail, offset: number): Buffer[] {
  if (offset >= endOffset) return [];
  let first = batches.length;
  while (first > 0 && (batches[first - 1]?.lastOffset ?? -1) >= offset) first--;
  return batches.slice(first).map(({ bytes }) => bytes);
}

/** What there is; undefined: nothing. */
function readable(request: FetchRequest) {
  const responses = request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map(({ partition: partitionIndex, fetchOffset }) => {
      const tail = tailOf(topic, partitionIndex);
      const records = recordsFrom(tail, fetchOffset);
      return { partitionIndex, errorCode: 0, highWatermark: tail.endOffset, records };
    }),
  }));
  const isEmpty = responses.every((one) => one.partitions.every((p) => p.records.length === 0));
  return { isEmpty, response: { responses } };
}

function wait(request: FetchRequest): Promise<ReturnType<typeof readable>["response"]> {
  return new Promise((resolve) => {
    const answer = () => {
      clearTimeout(timer);
      parked.delete(look);
      resolve(readable(request).response);
    };
    const hasNews = () =>
      request.topics.some(({ topic, partitions }) =>
        partitions.some((p) => tailOf(topic, p.partition).endOffset > p.fetchOffset),
      );
    const look = () => {
      if (hasNews()) answer();
    };
    const timer = setTimeout(answer, request.maxWaitMs);
    parked.add(look);
  });
}

const answers = new Answers(port, [
  agreed(initProducerId, () => ({ errorCode: 0, producerId: 1, producerEpoch: 0 })),
  agreed(produce, ({ topicData }) => {
    const all: Buffer[] = [];
    const responses = topicData.map(({ name, partitionData }) => ({
      name,
      partitionResponses: partitionData.map(({ index, records }) => {
        const { bytes, baseOffset } = append(tailOf(name, index), records);
        all.push(bytes);
        return { index, errorCode: 0, baseOffset };
      }),
    }));
    return written(all.length === 1 ? (all[0] as Buffer) : Buffer.concat(all), { responses });
  }),
  agreed(
    fetch,
    (request) => {
      const { isEmpty, response } = readable(request);
      return isEmpty && request.maxWaitMs > 0 ? wait(request) : response;
    },
    HIGHEST.fetch,
  ),
  agreed(listOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, timestamp }) => {
        const offset = timestamp === -1 ? tailOf(name, partitionIndex).endOffset : 0;
        return { partitionIndex, errorCode: 0, offset };
      }),
    })),
  })),
  agreed(
    deleteTopics,
    ({ topicNames }) => {
      for (const name of topicNames) {
        for (const key of tails.keys()) if (key.startsWith(`${name}-`)) tails.delete(key);
      }
      return { responses: topicNames.map((name) => ({ name, errorCode: 0 })) };
    },
    HIGHEST.deleteTopics,
  ),
  agreed(
    findCoordinator,
    () => ({ errorCode: 0, nodeId: 0, host: "127.0.0.1", port }),
    HIGHEST.findCoordinator,
  ),
  agreed(joinGroup, ({ groupId, memberId, protocolType, protocols }) => {
    const isNew = memberId === "";
    const id = isNew ? `member-${++members}` : memberId;
    const [protocol] = protocols;
    return {
      errorCode: isNew ? MEMBER_ID_REQUIRED : 0,
      generationId: generationOf(groupId),
      protocolType,
      protocolName: protocol?.name ?? "",
      leader: id,
      memberId: id,
      members: isNew ? [] : [{ memberId: id, metadata: protocol?.metadata ?? Buffer.alloc(0) }],
    };
  }),
  agreed(syncGroup, ({ memberId, protocolType, protocolName, assignments }) => {
    const assignment = assignments.find((one) => one.memberId === memberId)?.assignment;
    const kept = Buffer.from(assignment ?? []);
    return written(kept, { errorCode: 0, protocolType, protocolName, assignment: kept });
  }),
  agreed(heartbeat, ({ groupId, generationId }) => ({
    errorCode: generationId < generationOf(groupId) ? REBALANCE_IN_PROGRESS : 0,
  })),
  agreed(leaveGroup, ({ groupId, members: leaving }) => {
    generations.set(groupId, generationOf(groupId) + 1);
    return {
      errorCode: 0,
      members: leaving.map(({ memberId }) => ({ memberId, errorCode: 0 })),
    };
  }),
  agreed(
    offsetFetch,
    ({ topics }) => ({
      topics: (topics ?? []).map(({ name, partitionIndexes }) => ({
        name,
        partitions: partitionIndexes.map((partitionIndex) => ({
          partitionIndex,
          committedOffset: -1,
          metadata: "",
          errorCode: 0,
        })),
      })),
    }),
    HIGHEST.offsetFetch,
  ),
  agreed(offsetCommit, ({ topics }) =>
    written(Buffer.alloc(64), {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0 })),
      })),
    }),
  ),
  agreed(deleteGroups, ({ groupsNames }) => ({
    throttleTimeMs: 0,
    results: groupsNames.map((groupId) => ({ groupId, errorCode: 0 })),
  })),
]);

listen(port, (socket: Socket, frame) => {
  const answer = answers.to(frame);
  if (answer instanceof Promise) void answer.then((late) => socket.write(late));
  else socket.write(answer);
});
