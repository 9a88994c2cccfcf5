import type { Disk, DiskFile } from "../../../src/storage/fs.ts";

export type Operation =
  | "open"
  | "read"
  | "write"
  | "replace"
  | "sync"
  | "list"
  | "mkdir"
  | "rename"
  | "remove"
  | "truncate"
  | "space";

export function systemError(code: string, syscall = ""): Error {
  return Object.assign(new Error(`${code}: of the test`), { code, syscall });
}

/**
 * Any operation of the disk beneath may fail: `decide` is asked before each, and what it gives is
 * thrown. A write that fails has written the first half.
 */
export class FailingDisk implements Disk {
  readonly #disk: Disk;
  decide: (operation: Operation, path: string) => Error | undefined = () => undefined;

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Fails the `n`-th operation from now on, counted from 0, and counts them. */
  failNth(n: number, error: () => Error): { readonly count: () => number } {
    let count = 0;
    this.decide = () => {
      count += 1;
      return count - 1 === n ? error() : undefined;
    };
    return { count: () => count };
  }

  ask(operation: Operation, path: string): void {
    const error = this.decide(operation, path);
    if (error !== undefined) throw error;
  }

  async open(path: string): Promise<DiskFile> {
    this.ask("open", path);
    return new FailingFile(this, path, await this.#disk.open(path));
  }

  openSync(path: string): DiskFile {
    this.ask("open", path);
    return new FailingFile(this, path, this.#disk.openSync(path));
  }

  async readFile(path: string): Promise<Buffer | undefined> {
    this.ask("read", path);
    return this.#disk.readFile(path);
  }

  readFileSync(path: string): Buffer | undefined {
    this.ask("read", path);
    return this.#disk.readFileSync(path);
  }

  async replaceFile(path: string, bytes: Buffer): Promise<void> {
    this.ask("replace", path);
    await this.#disk.replaceFile(path, bytes);
  }

  replaceFileSync(path: string, bytes: Buffer): void {
    this.ask("replace", path);
    this.#disk.replaceFileSync(path, bytes);
  }

  async createFile(path: string, bytes: Buffer): Promise<boolean> {
    this.ask("write", path);
    return this.#disk.createFile(path, bytes);
  }

  sizeSync(path: string): number | undefined {
    this.ask("read", path);
    return this.#disk.sizeSync(path);
  }

  async list(path: string): Promise<readonly string[]> {
    this.ask("list", path);
    return this.#disk.list(path);
  }

  listSync(path: string): readonly string[] {
    this.ask("list", path);
    return this.#disk.listSync(path);
  }

  async makeDirectory(path: string): Promise<void> {
    this.ask("mkdir", path);
    await this.#disk.makeDirectory(path);
  }

  makeDirectorySync(path: string): void {
    this.ask("mkdir", path);
    this.#disk.makeDirectorySync(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.ask("rename", from);
    await this.#disk.rename(from, to);
  }

  renameSync(from: string, to: string): void {
    this.ask("rename", from);
    this.#disk.renameSync(from, to);
  }

  async remove(path: string): Promise<void> {
    this.ask("remove", path);
    await this.#disk.remove(path);
  }

  removeSync(path: string): void {
    this.ask("remove", path);
    this.#disk.removeSync(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.ask("sync", path);
    await this.#disk.syncDirectory(path);
  }

  async space(
    path: string,
  ): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    this.ask("space", path);
    return this.#disk.space(path);
  }
}

class FailingFile implements DiskFile {
  readonly #disk: FailingDisk;
  readonly #path: string;
  readonly #file: DiskFile;

  constructor(disk: FailingDisk, path: string, file: DiskFile) {
    this.#disk = disk;
    this.#path = path;
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  append(bytes: Buffer): Promise<void> {
    return this.appendAll([bytes]);
  }

  async appendAll(chunks: readonly Buffer[]): Promise<void> {
    this.appendAllSync(chunks);
  }

  appendAllSync(chunks: readonly Buffer[]): void {
    const error = this.#disk.decide("write", this.#path);
    if (error === undefined) {
      this.#file.appendAllSync(chunks);
      return;
    }
    const all = Buffer.concat(chunks);
    this.#file.appendAllSync([all.subarray(0, all.length / 2)]);
    throw error;
  }

  async read(into: Buffer, position: number): Promise<number> {
    return this.readSync(into, position);
  }

  readSync(into: Buffer, position: number): number {
    this.#disk.ask("read", this.#path);
    return this.#file.readSync(into, position);
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  truncateSync(size: number): void {
    this.#disk.ask("truncate", this.#path);
    this.#file.truncateSync(size);
  }

  async sync(): Promise<void> {
    this.#disk.ask("sync", this.#path);
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  closeSync(): void {
    this.#file.closeSync();
  }
}
