import type { MetadataDisk, MetadataFile } from "../../src/cluster/metadata-disk.ts";
import type { Fate } from "../support/storage/faulty-disk.ts";

interface Content {
  bytes: Buffer;
  /** What survives a power cut for certain. */
  synced: number;
}

/** A disk in memory that counts its syncs, fails on demand, and forgets at a power cut. */
export class CrashingDisk implements MetadataDisk {
  #files = new Map<string, Content>();
  /** Operations of this kind fail from now on. */
  failing: "append" | "sync" | "rename" | "open" | undefined;
  syncs = 0;

  async readFile(path: string): Promise<Buffer | undefined> {
    const content = this.#files.get(path);
    return content && Buffer.from(content.bytes);
  }

  sizeOf(path: string): number {
    return this.#files.get(path)?.bytes.length ?? 0;
  }

  async open(path: string): Promise<MetadataFile> {
    this.#check("open");
    const content = this.#files.get(path) ?? { bytes: Buffer.alloc(0), synced: 0 };
    this.#files.set(path, content);
    return {
      append: async (bytes) => {
        this.#check("append");
        content.bytes = Buffer.concat([content.bytes, bytes]);
      },
      truncate: async (size) => {
        content.bytes = content.bytes.subarray(0, size);
        content.synced = Math.min(content.synced, size);
      },
      sync: async () => {
        this.#check("sync");
        this.syncs += 1;
        content.synced = content.bytes.length;
      },
      close: async () => {},
    };
  }

  async rename(from: string, to: string): Promise<void> {
    this.#check("rename");
    const content = this.#files.get(from);
    if (content === undefined) throw new Error(`no ${from}`);
    this.#files.delete(from);
    this.#files.set(to, content);
  }

  async syncDirectory(): Promise<void> {}

  /** What another process finds after kill -9 of the first: everything that was written. */
  afterKill(): CrashingDisk {
    return this.#copy(({ bytes }) => bytes.length);
  }

  /** What is found when the power comes back: what was synced, and `torn` bytes behind it. */
  afterPowerCut(torn = 0): CrashingDisk {
    return this.#copy(({ synced }) => synced + torn);
  }

  /** The same where what was not synced is whatever `fate` makes of it. */
  afterLoss(fate: Fate): CrashingDisk {
    const copy = new CrashingDisk();
    for (const [path, { bytes, synced }] of this.#files) {
      const left = fate(bytes.subarray(0, synced), bytes, path, true);
      if (left !== undefined) copy.replace(path, Buffer.from(left));
    }
    return copy;
  }

  replace(path: string, bytes: Buffer): void {
    this.#files.set(path, { bytes, synced: bytes.length });
  }

  #copy(kept: (content: Content) => number): CrashingDisk {
    const copy = new CrashingDisk();
    for (const [path, content] of this.#files) {
      copy.replace(path, Buffer.from(content.bytes.subarray(0, kept(content))));
    }
    return copy;
  }

  #check(operation: CrashingDisk["failing"]): void {
    if (this.failing === operation) throw new Error(`the disk fails to ${operation}`);
  }
}
