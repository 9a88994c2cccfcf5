import type { Clock } from "../time/clock.ts";
import { FilePool } from "./file-pool.ts";
import type { Disk } from "./fs.ts";
import { LoadedIndexes } from "./loaded-indexes.ts";
import { ReadBuffers } from "./read-buffers.ts";
import { TailCache } from "./tail-cache.ts";
import { WatchedDisk } from "./watched-disk.ts";
import { WriteQueue } from "./write-queue.ts";

export interface StorageBounds {
  readonly maxOpenFiles: number;
  readonly tailCacheBytes: number;
  readonly readBufferBytes: number;
}

/** What all logs of a broker share, whichever directory they lie in, so that it is bounded for all. */
export interface StorageParts {
  readonly clock: Clock;
  readonly disk: WatchedDisk;
  readonly files: FilePool;
  readonly indexes: LoadedIndexes;
  readonly writes: WriteQueue;
  readonly buffers: ReadBuffers;
  readonly tails: TailCache;
}

/** Of full segments; what is appended to has its indexes in memory anyway. */
const LOADED_INDEX_BYTES = 32 * 1024 * 1024;

export function makeStorageParts(disk: Disk, clock: Clock, bounds: StorageBounds): StorageParts {
  const watched = new WatchedDisk(disk);
  return {
    clock,
    disk: watched,
    files: new FilePool(watched, bounds.maxOpenFiles),
    indexes: new LoadedIndexes(LOADED_INDEX_BYTES),
    writes: new WriteQueue(),
    buffers: new ReadBuffers(bounds.readBufferBytes),
    tails: new TailCache(bounds.tailCacheBytes),
  };
}
