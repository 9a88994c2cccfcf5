import type { Disk, DiskFile } from "./fs.ts";

interface OpenFile {
  readonly file: DiskFile;
  /** Asynchronous work that is under way on it. */
  users: number;
  /** Nobody will ask for it again: the last user closes it. */
  isLetGo: boolean;
}

const GIVEN_UP_AT_ONCE = 16;

/**
 * Open files, of which there are never more than a few hundred however many segments there are: the
 * one that was not used for longest is closed when another is needed.
 */
export class FilePool {
  readonly #disk: Disk;
  readonly #maxOpen: number;
  /** The least recently used first. */
  readonly #open = new Map<string, OpenFile>();

  constructor(disk: Disk, maxOpen: number) {
    this.#disk = disk;
    this.#maxOpen = maxOpen;
  }

  get size(): number {
    return this.#open.size;
  }

  /** The file, for work that is done before the caller returns. Made if it is not there. */
  use(path: string): DiskFile {
    return this.#get(path).file;
  }

  /** The file, for work that takes until the promise settles; it stays open until then. */
  async during<T>(path: string, work: (file: DiskFile) => Promise<T>): Promise<T> {
    const open = this.#get(path);
    open.users += 1;
    try {
      return await work(open.file);
    } finally {
      open.users -= 1;
      if (open.isLetGo && open.users === 0) open.file.closeSync();
    }
  }

  /** Closes a file, or lets those who still work on it do so. */
  close(path: string): void {
    const open = this.#open.get(path);
    if (open === undefined) return;
    this.#open.delete(path);
    open.isLetGo = true;
    if (open.users === 0) open.file.closeSync();
  }

  closeAll(): void {
    for (const path of [...this.#open.keys()]) this.close(path);
  }

  #get(path: string): OpenFile {
    const known = this.#open.get(path);
    if (known !== undefined) {
      if (this.#open.size > this.#maxOpen / 2) {
        this.#open.delete(path);
        this.#open.set(path, known);
      }
      return known;
    }
    if (this.#open.size >= this.#maxOpen) this.#closeIdle(1);
    const opened = { file: this.#openFile(path), users: 0, isLetGo: false };
    this.#open.set(path, opened);
    return opened;
  }

  /** Sockets need descriptors too: when the process has none left, ours are what can be given up. */
  #openFile(path: string): DiskFile {
    for (;;) {
      try {
        return this.#disk.openSync(path);
      } catch (error) {
        const code = (error as { readonly code?: unknown }).code;
        const isExhausted = code === "EMFILE" || code === "ENFILE";
        if (!isExhausted || this.#closeIdle(GIVEN_UP_AT_ONCE) === 0) throw error;
      }
    }
  }

  /** Closes the least recently used. @returns how many. */
  #closeIdle(most: number): number {
    let closed = 0;
    for (const [path, { file, users }] of this.#open) {
      if (closed === most) break;
      if (users > 0) continue;
      this.#open.delete(path);
      file.closeSync();
      closed += 1;
    }
    return closed;
  }
}
