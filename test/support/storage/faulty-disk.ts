import type { Disk, DiskFile } from "../../../src/storage/fs.ts";
import { MemoryDisk } from "../../../src/storage/memory-disk.ts";

/**
 * What a power cut makes of a file: what was synced, and what the program had written. Undefined: it
 * is not there at all, which may only come of one that is new in its directory since that was synced.
 */
export type Fate = (
  synced: Buffer,
  written: Buffer,
  path: string,
  isNamed: boolean,
) => Buffer | undefined;

/** Nothing is left but what was synced. */
export const onlySynced: Fate = (synced) => synced;

/** Everything is left: the process was killed, the machine was not. */
export const allWritten: Fate = (_synced, written) => written;

/**
 * A disk in memory that fails when it is told to, counts what it is asked for, and can lose its
 * power: then it forgets what was never synced.
 */
export class FaultyDisk implements Disk {
  readonly #disk: MemoryDisk;
  readonly #synced = new Map<string, Buffer>();
  readonly #open = new Map<string, number>();
  /** Paths that are new in their directory since it was last synced. */
  readonly #unnamed = new Set<string>();
  /** Thrown by every write to a path that it gives an error for. */
  failWrite: (path: string, bytes: number) => Error | undefined = () => undefined;
  /** Thrown by every sync of a path that it gives an error for. */
  failSync: (path: string) => Error | undefined = () => undefined;
  /** What happens to the clock during a write. */
  duringWrite: (path: string) => void = () => {};
  /** Awaited before an asynchronous write and before a sync. */
  beforeAsyncWrite: () => Promise<void> = async () => {};
  beforeSync: () => Promise<void> = async () => {};
  readonly counts = { syncWrites: 0, asyncWrites: 0, syncs: 0, reads: 0, maxOpen: 0 };

  constructor(disk: MemoryDisk = new MemoryDisk()) {
    this.#disk = disk;
  }

  get openFiles(): number {
    let open = 0;
    for (const count of this.#open.values()) open += count;
    return open;
  }

  /** The disk as the next start finds it. */
  async afterPowerCut(fate: Fate = onlySynced): Promise<FaultyDisk> {
    const next = new FaultyDisk();
    await this.#copy("", next, fate);
    return next;
  }

  async #copy(directory: string, to: FaultyDisk, fate: Fate): Promise<void> {
    for (const name of await this.#disk.list(directory)) {
      // Whoever held it is gone.
      if (name === ".lock") continue;
      const path = `${directory}/${name}`;
      const children = await this.#disk.list(path);
      const written = await this.#disk.readFile(path);
      if (written === undefined) {
        await to.makeDirectory(path);
        if (children.length > 0) await this.#copy(path, to, fate);
        continue;
      }
      const synced = this.#synced.get(path) ?? Buffer.alloc(0);
      const left = fate(synced, written, path, !this.#unnamed.has(path));
      if (left !== undefined) await to.replaceFile(path, left);
    }
  }

  async open(path: string): Promise<DiskFile> {
    return this.openSync(path);
  }

  openSync(path: string): DiskFile {
    const existed = this.#synced.has(path);
    if (this.#disk.sizeSync(path) === undefined) this.#unnamed.add(path);
    const file = this.#disk.openSync(path);
    // What was there before this disk watched was durable.
    if (!existed && file.size > 0) this.#synced.set(path, contentOf(file));
    this.#open.set(path, (this.#open.get(path) ?? 0) + 1);
    this.counts.maxOpen = Math.max(this.counts.maxOpen, this.openFiles);
    return new FaultyFile(this, path, file);
  }

  readFile(path: string): Promise<Buffer | undefined> {
    return this.#disk.readFile(path);
  }

  async replaceFile(path: string, bytes: Buffer): Promise<void> {
    this.checkWrite(path, bytes.length);
    await this.#disk.replaceFile(path, bytes);
    this.#synced.set(path, Buffer.from(bytes));
    this.#unnamed.delete(path);
  }

  sizeSync(path: string): number | undefined {
    return this.#disk.sizeSync(path);
  }

  readFileSync(path: string): Buffer | undefined {
    return this.#disk.readFileSync(path);
  }

  replaceFileSync(path: string, bytes: Buffer): void {
    this.checkWrite(path, bytes.length);
    if (this.#disk.sizeSync(path) === undefined) this.#unnamed.add(path);
    this.#disk.replaceFileSync(path, bytes);
  }

  async createFile(path: string, bytes: Buffer): Promise<boolean> {
    this.checkWrite(path, bytes.length);
    const made = await this.#disk.createFile(path, bytes);
    if (made) this.#synced.set(path, Buffer.from(bytes));
    return made;
  }

  list(path: string): Promise<readonly string[]> {
    return this.#disk.list(path);
  }

  listSync(path: string): readonly string[] {
    return this.#disk.listSync(path);
  }

  makeDirectory(path: string): Promise<void> {
    return this.#disk.makeDirectory(path);
  }

  makeDirectorySync(path: string): void {
    this.#disk.makeDirectorySync(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.renameSync(from, to);
  }

  renameSync(from: string, to: string): void {
    this.#disk.renameSync(from, to);
    for (const [path, bytes] of [...this.#synced]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#synced.delete(path);
      this.#synced.set(to + path.slice(from.length), bytes);
    }
    // That a file was renamed is as durable as that it is there.
    for (const path of [...this.#unnamed]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue;
      this.#unnamed.delete(path);
      this.#unnamed.add(to + path.slice(from.length));
    }
  }

  async remove(path: string): Promise<void> {
    this.removeSync(path);
  }

  removeSync(path: string): void {
    this.#disk.removeSync(path);
    for (const one of [...this.#synced.keys()]) {
      if (one === path || one.startsWith(`${path}/`)) this.#synced.delete(one);
    }
  }

  async syncDirectory(path: string): Promise<void> {
    for (const one of [...this.#unnamed]) {
      if (one.slice(0, one.lastIndexOf("/")) === path) this.#unnamed.delete(one);
    }
    await this.#disk.syncDirectory();
  }

  space(): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    return this.#disk.space();
  }

  /** For the files of this disk. */
  checkWrite(path: string, bytes: number): void {
    const failure = this.failWrite(path, bytes);
    if (failure !== undefined) throw failure;
    this.duringWrite(path);
  }

  synced(path: string, content: Buffer): void {
    this.counts.syncs += 1;
    this.#synced.set(path, content);
  }

  closed(path: string): void {
    this.#open.set(path, (this.#open.get(path) ?? 1) - 1);
  }
}

class FaultyFile implements DiskFile {
  readonly #disk: FaultyDisk;
  readonly #path: string;
  readonly #file: DiskFile;
  #isOpen = true;

  constructor(disk: FaultyDisk, path: string, file: DiskFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  async append(bytes: Buffer): Promise<void> {
    await this.appendAll([bytes]);
  }

  async appendAll(chunks: readonly Buffer[]): Promise<void> {
    this.#checkOpen();
    this.#disk.counts.asyncWrites += 1;
    await this.#disk.beforeAsyncWrite();
    this.#disk.checkWrite(this.#path, sizeOf(chunks));
    await this.#file.appendAll(chunks);
  }

  appendAllSync(chunks: readonly Buffer[]): void {
    this.#checkOpen();
    this.#disk.counts.syncWrites += 1;
    this.#disk.checkWrite(this.#path, sizeOf(chunks));
    this.#file.appendAllSync(chunks);
  }

  async read(into: Buffer, position: number): Promise<number> {
    return this.readSync(into, position);
  }

  readSync(into: Buffer, position: number): number {
    this.#checkOpen();
    this.#disk.counts.reads += 1;
    return this.#file.readSync(into, position);
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  truncateSync(size: number): void {
    this.#checkOpen();
    this.#file.truncateSync(size);
  }

  async sync(): Promise<void> {
    this.#checkOpen();
    const content = contentOf(this.#file);
    await this.#disk.beforeSync();
    const failure = this.#disk.failSync(this.#path);
    if (failure !== undefined) throw failure;
    this.#disk.synced(this.#path, content);
  }

  async close(): Promise<void> {
    this.closeSync();
  }

  closeSync(): void {
    this.#checkOpen();
    this.#isOpen = false;
    this.#disk.closed(this.#path);
    this.#file.closeSync();
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new Error(`${this.#path} is used after it was closed`);
  }
}

function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function contentOf(file: DiskFile): Buffer {
  const bytes = Buffer.alloc(file.size);
  file.readSync(bytes, 0);
  return bytes;
}
