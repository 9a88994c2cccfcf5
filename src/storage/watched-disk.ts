import { SyncFailed, severityOf } from "./disk-errors.ts";
import type { Disk, DiskFile } from "./fs.ts";

/** Hears of an error after which nothing under a directory can be relied on. */
export type Alarm = (error: unknown, path: string) => void;

/**
 * A disk that tells the owner of a directory when the disk under it fails, whoever was using it at
 * that moment. The error goes on to them all the same.
 */
export class WatchedDisk implements Disk {
  readonly #disk: Disk;
  readonly #alarms = new Map<string, Alarm>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** @returns how to stop watching. */
  watch(directory: string, alarm: Alarm): () => void {
    this.#alarms.set(directory, alarm);
    return () => this.#alarms.delete(directory);
  }

  /** @internal Told of every error. */
  failed(error: unknown, path: string): void {
    if (severityOf(error) !== "directory") return;
    for (const [directory, alarm] of this.#alarms) {
      if (path === directory || path.startsWith(`${directory}/`)) alarm(error, path);
    }
  }

  async open(path: string): Promise<DiskFile> {
    return new WatchedFile(this, path, await this.#during(path, this.#disk.open(path)));
  }

  openSync(path: string): DiskFile {
    return new WatchedFile(
      this,
      path,
      this.#at(path, () => this.#disk.openSync(path)),
    );
  }

  readFile(path: string): Promise<Buffer | undefined> {
    return this.#during(path, this.#disk.readFile(path));
  }

  readFileSync(path: string): Buffer | undefined {
    return this.#at(path, () => this.#disk.readFileSync(path));
  }

  sizeSync(path: string): number | undefined {
    return this.#at(path, () => this.#disk.sizeSync(path));
  }

  replaceFile(path: string, bytes: Buffer): Promise<void> {
    return this.#during(path, this.#disk.replaceFile(path, bytes));
  }

  replaceFileSync(path: string, bytes: Buffer): void {
    this.#at(path, () => this.#disk.replaceFileSync(path, bytes));
  }

  createFile(path: string, bytes: Buffer): Promise<boolean> {
    return this.#during(path, this.#disk.createFile(path, bytes));
  }

  list(path: string): Promise<readonly string[]> {
    return this.#during(path, this.#disk.list(path));
  }

  listSync(path: string): readonly string[] {
    return this.#at(path, () => this.#disk.listSync(path));
  }

  makeDirectory(path: string): Promise<void> {
    return this.#during(path, this.#disk.makeDirectory(path));
  }

  makeDirectorySync(path: string): void {
    this.#at(path, () => this.#disk.makeDirectorySync(path));
  }

  rename(from: string, to: string): Promise<void> {
    return this.#during(from, this.#disk.rename(from, to));
  }

  renameSync(from: string, to: string): void {
    this.#at(from, () => this.#disk.renameSync(from, to));
  }

  remove(path: string): Promise<void> {
    return this.#during(path, this.#disk.remove(path));
  }

  removeSync(path: string): void {
    this.#at(path, () => this.#disk.removeSync(path));
  }

  async syncDirectory(path: string): Promise<void> {
    await this.#during(path, syncing(path, this.#disk.syncDirectory(path)));
  }

  space(path: string): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    return this.#during(path, this.#disk.space(path));
  }

  #at<T>(path: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.failed(error, path);
      throw error;
    }
  }

  async #during<T>(path: string, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.failed(error, path);
      throw error;
    }
  }
}

class WatchedFile implements DiskFile {
  readonly #disk: WatchedDisk;
  readonly #path: string;
  readonly #file: DiskFile;

  constructor(disk: WatchedDisk, path: string, file: DiskFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  append(bytes: Buffer): Promise<void> {
    return this.#during(this.#file.append(bytes));
  }

  appendAll(chunks: readonly Buffer[]): Promise<void> {
    return this.#during(this.#file.appendAll(chunks));
  }

  appendAllSync(chunks: readonly Buffer[]): void {
    try {
      this.#file.appendAllSync(chunks);
    } catch (error) {
      throw this.#told(error);
    }
  }

  read(into: Buffer, position: number): Promise<number> {
    return this.#during(this.#file.read(into, position));
  }

  readSync(into: Buffer, position: number): number {
    try {
      return this.#file.readSync(into, position);
    } catch (error) {
      throw this.#told(error);
    }
  }

  truncate(size: number): Promise<void> {
    return this.#during(this.#file.truncate(size));
  }

  truncateSync(size: number): void {
    try {
      this.#file.truncateSync(size);
    } catch (error) {
      throw this.#told(error);
    }
  }

  sync(): Promise<void> {
    return this.#during(syncing(this.#path, this.#file.sync()));
  }

  async close(): Promise<void> {
    try {
      await this.#file.close();
    } catch (error) {
      this.#disk.failed(error, this.#path);
    }
  }

  /** Nobody can do anything about a file that was not closed well, but its directory is told. */
  closeSync(): void {
    try {
      this.#file.closeSync();
    } catch (error) {
      this.#disk.failed(error, this.#path);
    }
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw this.#told(error);
    }
  }

  #told(error: unknown): unknown {
    this.#disk.failed(error, this.#path);
    return error;
  }
}

async function syncing(path: string, work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (cause) {
    // What could not be opened was not synced, and nothing is lost by it.
    if ((cause as { readonly syscall?: unknown }).syscall === "open") throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SyncFailed(`${path} could not be synced: ${why}`, { cause });
  }
}
