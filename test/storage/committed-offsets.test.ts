import fc from "fast-check";
import { expect, test } from "vitest";
import { GroupCoordinator } from "../../src/coordinator/group/group-coordinator.ts";
import type { InternalPartition, InternalTopic } from "../../src/coordinator/internal-topic.ts";
import { ZERO_UUID } from "../../src/protocol/uuid.ts";
import { batchesIn } from "../../src/records/records.ts";
import type { Log } from "../../src/storage/log.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { asker, defaultSettings } from "../support/coordinator/group-world.ts";
import { MemoryTopics } from "../support/coordinator/memory-topics.ts";
import { FaultyDisk } from "../support/storage/faulty-disk.ts";
import { fromClient, openDirectory, openLog, readBytes } from "../support/storage/logs.ts";
import { pageCacheLoss } from "../support/storage/page-cache-loss.ts";

const PARTITIONS = 3;

/** `__consumer_offsets` with one partition, on a log of its own. */
class OffsetsOn implements InternalTopic {
  readonly exists = true;
  readonly partitionCount = 1;
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  async ensure(): Promise<void> {}

  partition(): InternalPartition {
    const log = this.#log;
    return {
      startOffset: log.startOffset,
      get endOffset() {
        return log.endOffset;
      },
      async append(batch) {
        const { baseOffset, written } = log.append(batch, { ...fromClient, origin: "coordinator" });
        await written;
        return baseOffset;
      },
      async read(offset, maxBytes) {
        if (offset >= log.endOffset) return Buffer.alloc(0);
        const bytes = await readBytes(log, offset, { maxBytes });
        const last = [...batchesIn(bytes)].at(-1) ?? 0;
        return bytes.subarray(0, last + 12 + bytes.readInt32BE(last + 8));
      },
    };
  }
}

/** A group's committed offsets through power cuts. */
class Committing {
  readonly acknowledged: number[] = Array.from({ length: PARTITIONS }, () => -1);
  #disk = new FaultyDisk();
  #groups: GroupCoordinator | undefined;
  #next = 0;

  async start(): Promise<void> {
    const clock = new ManualClock();
    const directory = await openDirectory({ disk: this.#disk, clock });
    const settings = { flushMessages: 1, compacted: true, deleted: false, segmentBytes: 1500 };
    const log = await openLog(directory, { topic: "__consumer_offsets", settings });
    const topics = new MemoryTopics();
    this.#groups = new GroupCoordinator({
      offsetsTopic: new OffsetsOn(log),
      topics,
      groupConfigs: () => new Map(),
      clock,
      random: Math.random,
      logger: silentLogger,
      config: defaultSettings,
    });
    await this.#groups.start();
  }

  /** @returns settles with the offset once it is acknowledged. */
  async commit(partition: number): Promise<number> {
    this.#next += 1;
    const committedOffset = this.#next;
    const partitions = [
      {
        partitionIndex: partition,
        committedOffset,
        committedLeaderEpoch: 0,
        committedMetadata: `${committedOffset}`,
      },
    ];
    const request = {
      groupId: "g",
      generationIdOrMemberEpoch: -1,
      memberId: "",
      groupInstanceId: null,
      retentionTimeMs: -1,
      topics: [{ name: "orders", topicId: ZERO_UUID, partitions }],
    };
    const answer = await this.#groups?.commitOffsets(request, asker(9));
    expect(answer?.topics[0]?.partitions[0]?.errorCode).toBe(0);
    this.acknowledged[partition] = Math.max(this.acknowledged[partition] ?? -1, committedOffset);
    return committedOffset;
  }

  async cut(seed: number, underWay: readonly number[]): Promise<void> {
    const before = [...this.acknowledged];
    for (const partition of underWay) this.commit(partition).catch(() => undefined);
    this.#disk = await this.#disk.afterPowerCut(pageCacheLoss(seed));
    const newest = [...this.acknowledged];
    this.#groups?.close();
    await this.start();
    const wanted = [{ name: "orders", topicId: ZERO_UUID, partitionIndexes: [0, 1, 2] }];
    const answer = await this.#groups?.fetchOffsets("g", wanted);
    for (const { partitionIndex, committedOffset } of answer?.topics[0]?.partitions ?? []) {
      expect(committedOffset).toBeGreaterThanOrEqual(before[partitionIndex] ?? -1);
      const isUnderWay = underWay.includes(partitionIndex);
      if (!isUnderWay) expect(committedOffset).toBe(newest[partitionIndex]);
      this.acknowledged[partitionIndex] = committedOffset;
    }
  }
}

test("with flush.messages=1 every offset that a group was told is committed survives power cuts", async () => {
  const life = fc.record({
    commits: fc.array(fc.nat(PARTITIONS - 1), { maxLength: 12 }),
    underWay: fc.array(fc.nat(PARTITIONS - 1), { maxLength: 3 }),
    seed: fc.nat(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 1, maxLength: 5 }), async (lives) => {
      const committing = new Committing();
      await committing.start();
      for (const { commits, underWay, seed } of lives) {
        for (const partition of commits) await committing.commit(partition);
        await committing.cut(seed, underWay);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
