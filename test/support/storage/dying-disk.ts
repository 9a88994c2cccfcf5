import type { Disk, DiskFile } from "../../../src/storage/fs.ts";

/** The process has died: nothing it does reaches the disk any more. */
export class Died extends Error {
  override readonly name = "Died";
}

/**
 * A disk whose user dies before the operation with a given number, of those that change something. What
 * was done before it stays.
 */
export class DyingDisk implements Disk {
  readonly #disk: Disk;
  readonly #diesAt: number;
  #count = 0;

  constructor(disk: Disk, diesAt = Number.POSITIVE_INFINITY) {
    this.#disk = disk;
    this.#diesAt = diesAt;
  }

  /** Operations so far. */
  get count(): number {
    return this.#count;
  }

  get hasDied(): boolean {
    return this.#count > this.#diesAt;
  }

  /** Every change comes by here first. */
  step(): void {
    this.#count += 1;
    if (this.hasDied) throw new Died("the process has died");
  }

  async open(path: string): Promise<DiskFile> {
    return this.openSync(path);
  }

  openSync(path: string): DiskFile {
    if (this.#disk.sizeSync(path) === undefined) this.step();
    return new DyingFile(this, this.#disk.openSync(path));
  }

  readFile(path: string): Promise<Buffer | undefined> {
    return this.#disk.readFile(path);
  }

  async replaceFile(path: string, bytes: Buffer): Promise<void> {
    this.step();
    await this.#disk.replaceFile(path, bytes);
  }

  replaceFileSync(path: string, bytes: Buffer): void {
    this.step();
    this.#disk.replaceFileSync(path, bytes);
  }

  async createFile(path: string, bytes: Buffer): Promise<boolean> {
    this.step();
    return this.#disk.createFile(path, bytes);
  }

  readFileSync(path: string): Buffer | undefined {
    return this.#disk.readFileSync(path);
  }

  sizeSync(path: string): number | undefined {
    return this.#disk.sizeSync(path);
  }

  list(path: string): Promise<readonly string[]> {
    return this.#disk.list(path);
  }

  listSync(path: string): readonly string[] {
    return this.#disk.listSync(path);
  }

  async makeDirectory(path: string): Promise<void> {
    this.step();
    await this.#disk.makeDirectory(path);
  }

  makeDirectorySync(path: string): void {
    this.step();
    this.#disk.makeDirectorySync(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.step();
    await this.#disk.rename(from, to);
  }

  renameSync(from: string, to: string): void {
    this.step();
    this.#disk.renameSync(from, to);
  }

  async remove(path: string): Promise<void> {
    this.step();
    await this.#disk.remove(path);
  }

  removeSync(path: string): void {
    this.step();
    this.#disk.removeSync(path);
  }

  async syncDirectory(path: string): Promise<void> {
    this.step();
    await this.#disk.syncDirectory(path);
  }

  space(path: string): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    return this.#disk.space(path);
  }
}

class DyingFile implements DiskFile {
  readonly #disk: DyingDisk;
  readonly #file: DiskFile;

  constructor(disk: DyingDisk, file: DiskFile) {
    this.#disk = disk;
    this.#file = file;
  }

  get size(): number {
    return this.#file.size;
  }

  async append(bytes: Buffer): Promise<void> {
    await this.appendAll([bytes]);
  }

  async appendAll(chunks: readonly Buffer[]): Promise<void> {
    this.#disk.step();
    await this.#file.appendAll(chunks);
  }

  appendAllSync(chunks: readonly Buffer[]): void {
    this.#disk.step();
    this.#file.appendAllSync(chunks);
  }

  read(into: Buffer, position: number): Promise<number> {
    return this.#file.read(into, position);
  }

  readSync(into: Buffer, position: number): number {
    return this.#file.readSync(into, position);
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  truncateSync(size: number): void {
    this.#disk.step();
    this.#file.truncateSync(size);
  }

  async sync(): Promise<void> {
    this.#disk.step();
    await this.#file.sync();
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  closeSync(): void {
    this.#file.closeSync();
  }
}
