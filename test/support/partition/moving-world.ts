import { expect } from "vitest";
import { MetadataImage, type TopicImage } from "../../../src/cluster/image.ts";
import { Partitions } from "../../../src/partition/partitions.ts";
import { ReplicaMoves } from "../../../src/partition/replica-moves.ts";
import { Replicas } from "../../../src/partition/replicas.ts";
import { ErrorCode } from "../../../src/protocol/errors.ts";
import { LogCleaner } from "../../../src/storage/compaction/log-cleaner.ts";
import type { LogDirs } from "../../../src/storage/log-dirs.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import {
  batchOfPairs,
  cleanerSettings,
  compactedSettings,
  type Pair,
} from "../storage/compaction.ts";
import { FailingDisk, systemError } from "../storage/failing-disk.ts";
import { FaultyDisk } from "../storage/faulty-disk.ts";
import {
  batchOf,
  defaultSettings,
  openLogDirs,
  readAll,
  START_MS,
  TOPIC_ID,
  valuesOf,
} from "../storage/logs.ts";

export const PATHS = ["/one", "/two", "/three"];
const ORDERS = { topic: "orders", index: 0 };

export const orders: TopicImage = {
  name: "orders",
  id: TOPIC_ID,
  revision: 1,
  internal: false,
  configs: new Map(),
  partitions: [
    {
      index: 0,
      leader: 1,
      leaderEpoch: 0,
      replicas: [1],
      isr: [1],
      elr: [],
      lastKnownElr: [],
      partitionEpoch: 0,
      revision: 0,
    },
  ],
};

/** A broker as far as its partitions go, with one partition, `orders-0`. */
export class World {
  readonly disk: FaultyDisk;
  readonly failing: FailingDisk;
  readonly clock: ManualClock;
  readonly partitions = new Partitions();
  readonly logDirs: LogDirs;
  readonly moves: ReplicaMoves;
  readonly replicas: Replicas;
  readonly acknowledged: string[];

  private constructor(
    parts: Pick<World, "disk" | "failing" | "logDirs" | "clock">,
    { flush, compact }: { readonly flush: boolean; readonly compact: boolean },
  ) {
    this.disk = parts.disk;
    this.failing = parts.failing;
    this.logDirs = parts.logDirs;
    this.clock = parts.clock;
    this.acknowledged = [];
    const { clock, partitions, logDirs } = this;
    const settings = {
      ...defaultSettings,
      segmentBytes: 400,
      fileDeleteDelayMs: 1000,
      ...(flush ? { flushMessages: 1 } : {}),
      ...(compact ? { ...compactedSettings, deleteRetentionMs: 0 } : {}),
    };
    this.moves = new ReplicaMoves({ logDirs, clock, logger: silentLogger });
    const { moves } = this;
    const settingsOf = () => settings;
    this.replicas = new Replicas({ logDirs, partitions, moves, settingsOf, logger: silentLogger });
  }

  static async open({
    disk = new FaultyDisk(),
    flush = false,
    leaderEpoch = 0,
    topicId = TOPIC_ID,
    compact = false,
    broken = "",
  } = {}) {
    const failing = new FailingDisk(disk);
    const isBroken = (path: string) => broken !== "" && path.startsWith(broken);
    failing.decide = (_, path) => (isBroken(path) ? systemError("EIO") : undefined);
    const clock = new ManualClock(START_MS);
    const logDirs = await openLogDirs({ disk: failing, paths: PATHS, clock });
    const world = new World({ disk, failing, logDirs, clock }, { flush, compact });
    const partitions = orders.partitions.map((partition) => ({ ...partition, leaderEpoch }));
    const topics = new Map([["orders", { ...orders, id: topicId, partitions }]]);
    await world.replicas.open(MetadataImage.empty("c").derive(1, { topics }));
    return world;
  }

  get partition() {
    const partition = this.partitions.get("orders", 0);
    if (partition === undefined) throw new Error("there is no orders-0");
    return partition;
  }

  get path(): string {
    return this.logDirs.directoryOf(this.partition.log).path;
  }

  /** A producer that tries each batch once. */
  async produce(value: string): Promise<void> {
    try {
      await this.partition.append(batchOf([value]), "client").written;
      this.acknowledged.push(value);
    } catch (error) {
      expect([ErrorCode.KAFKA_STORAGE_ERROR, ErrorCode.NOT_LEADER_OR_FOLLOWER]).toContain(
        (error as { code?: ErrorCode }).code,
      );
    }
  }

  /** Compacts all there is, and then what may go only the second time: tombstones. */
  async clean(): Promise<void> {
    const { clock } = this;
    const { directories } = this.logDirs;
    const settings = () => cleanerSettings;
    const parts = { directories, clock, logger: silentLogger, random: Math.random, settings };
    await new LogCleaner(parts).run();
  }

  async put(pairs: readonly Pair[]): Promise<void> {
    for (const pair of pairs) await this.partition.append(batchOfPairs([pair]), "client").written;
  }

  move(path: string): Promise<void> {
    return this.moves.move(ORDERS, path, this.partition);
  }

  async values(): Promise<readonly string[]> {
    return valuesOf(await readAll(this.partition.log));
  }

  /** Goes on until the copy has taken the log's place. */
  async arrived(path: string): Promise<void> {
    for (let i = 0; i < 200 && this.path !== path; i++) await this.clock.advance(10);
    expect(this.path).toBe(path);
    for (let i = 0; i < 20; i++) await this.clock.advance(0);
  }

  async replicasIn(at: number) {
    return (await this.logDirs.describe())[at]?.replicas;
  }
}
