import type { Disk, DiskFile } from "./fs.ts";

/** Files grow by doubling up to this, then by this much: a large log is never copied as a whole. */
const PIECE_BYTES = 1024 * 1024;

/** Everything in memory, for `--ephemeral` and for tests. */
export class MemoryDisk implements Disk {
  readonly #files = new Map<string, MemoryFile>();
  readonly #directories = new Set<string>();

  async open(path: string): Promise<DiskFile> {
    return this.openSync(path);
  }

  openSync(path: string): DiskFile {
    const file = this.#files.get(path) ?? new MemoryFile();
    this.#files.set(path, file);
    return file;
  }

  async readFile(path: string): Promise<Buffer | undefined> {
    return this.readFileSync(path);
  }

  sizeSync(path: string): number | undefined {
    return this.#files.get(path)?.size;
  }

  readFileSync(path: string): Buffer | undefined {
    const file = this.#files.get(path);
    if (file === undefined) return undefined;
    const bytes = Buffer.allocUnsafe(file.size);
    file.readSync(bytes, 0);
    return bytes;
  }

  async replaceFile(path: string, bytes: Buffer): Promise<void> {
    this.replaceFileSync(path, bytes);
  }

  replaceFileSync(path: string, bytes: Buffer): void {
    const file = new MemoryFile();
    file.appendAllSync([bytes]);
    this.#files.set(path, file);
  }

  async createFile(path: string, bytes: Buffer): Promise<boolean> {
    if (this.#files.has(path)) return false;
    await this.replaceFile(path, bytes);
    return true;
  }

  async list(path: string): Promise<readonly string[]> {
    return this.listSync(path);
  }

  listSync(path: string): readonly string[] {
    const prefix = `${path}/`;
    const names = new Set<string>();
    for (const one of [...this.#files.keys(), ...this.#directories]) {
      if (one.startsWith(prefix)) names.add(one.slice(prefix.length).split("/")[0] as string);
    }
    return [...names];
  }

  async makeDirectory(path: string): Promise<void> {
    this.makeDirectorySync(path);
  }

  makeDirectorySync(path: string): void {
    this.#directories.add(path);
  }

  async rename(from: string, to: string): Promise<void> {
    this.renameSync(from, to);
  }

  renameSync(from: string, to: string): void {
    for (const [path, file] of this.#under(this.#files, from)) {
      this.#files.delete(path);
      this.#files.set(to + path.slice(from.length), file);
    }
    for (const [path] of this.#under(new Map([...this.#directories].map((d) => [d, d])), from)) {
      this.#directories.delete(path);
      this.#directories.add(to + path.slice(from.length));
    }
  }

  async remove(path: string): Promise<void> {
    this.removeSync(path);
  }

  removeSync(path: string): void {
    for (const [one] of this.#under(this.#files, path)) this.#files.delete(one);
    for (const one of [...this.#directories]) {
      if (one === path || one.startsWith(`${path}/`)) this.#directories.delete(one);
    }
  }

  async syncDirectory(): Promise<void> {}

  async space(): Promise<{ readonly totalBytes: number; readonly usableBytes: number }> {
    return { totalBytes: -1, usableBytes: -1 };
  }

  #under<Value>(entries: ReadonlyMap<string, Value>, path: string): [string, Value][] {
    return [...entries].filter(([one]) => one === path || one.startsWith(`${path}/`));
  }
}

/** The bytes of one file, in pieces that never move once they are full-sized. */
class MemoryFile implements DiskFile {
  readonly #pieces: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  async append(bytes: Buffer): Promise<void> {
    this.appendAllSync([bytes]);
  }

  async appendAll(chunks: readonly Buffer[]): Promise<void> {
    this.appendAllSync(chunks);
  }

  appendAllSync(chunks: readonly Buffer[]): void {
    for (const chunk of chunks) {
      for (let done = 0; done < chunk.length; ) {
        const piece = this.#pieceWithRoom(chunk.length - done);
        const copied = chunk.copy(piece, this.#size % PIECE_BYTES, done);
        done += copied;
        this.#size += copied;
      }
    }
  }

  async read(into: Buffer, position: number): Promise<number> {
    return this.readSync(into, position);
  }

  readSync(into: Buffer, position: number): number {
    const end = Math.min(position + into.length, this.#size);
    let at = position;
    while (at < end) {
      const piece = this.#pieces[Math.floor(at / PIECE_BYTES)] as Buffer;
      const start = at % PIECE_BYTES;
      at += piece.copy(into, at - position, start, start + Math.min(end - at, PIECE_BYTES - start));
    }
    return Math.max(0, at - position);
  }

  async truncate(size: number): Promise<void> {
    this.truncateSync(size);
  }

  truncateSync(size: number): void {
    if (size >= this.#size) return;
    this.#size = size;
    this.#pieces.length = Math.ceil(size / PIECE_BYTES);
  }

  async sync(): Promise<void> {}

  async close(): Promise<void> {}

  closeSync(): void {}

  #pieceWithRoom(wanted: number): Buffer {
    const index = Math.floor(this.#size / PIECE_BYTES);
    const used = this.#size % PIECE_BYTES;
    const piece = this.#pieces[index];
    if (piece !== undefined && piece.length > used) return piece;
    const size = Math.min(PIECE_BYTES, Math.max(used + wanted, 2 * used, 4096));
    const larger = Buffer.allocUnsafeSlow(size);
    piece?.copy(larger, 0, 0, used);
    this.#pieces[index] = larger;
    return larger;
  }
}
