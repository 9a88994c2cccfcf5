import {
  closeSync,
  close as closeWithCallback,
  existsSync,
  fdatasync,
  fstatSync,
  ftruncate,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  read as readWithCallback,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
  writevSync,
  writev as writevWithCallback,
} from "node:fs";
import {
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  statfs,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import type { Disk, DiskFile } from "./fs.ts";

const closeAsync = promisify(closeWithCallback);
const datasync = promisify(fdatasync);
const truncate = promisify(ftruncate);

/** Up to here a write that somebody waits for is made at once. */
const SYNC_WRITE_BYTES_MAX = 16 * 1024;

/** The most buffers that one call takes on Linux and macOS. */
const WRITEV_BUFFERS_MAX = 1024;

/** The machine's file system. */
export const realDisk: Disk = {
  async open(path) {
    return realDisk.openSync(path);
  },
  openSync(path) {
    return new RealFile(openSync(path, "a+"));
  },
  readFile: (path) => orIfAbsent(readFile(path), undefined),
  readFileSync: (path) => orIfAbsentSync(() => readFileSync(path), undefined),
  sizeSync: (path) => statSync(path, { throwIfNoEntry: false })?.size,
  async replaceFile(path, bytes) {
    const next = `${path}.tmp`;
    const file = await open(next, "w");
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(next, path);
    await realDisk.syncDirectory(dirname(path));
  },
  replaceFileSync(path, bytes) {
    const next = `${path}.tmp`;
    writeFileSync(next, bytes);
    renameSync(next, path);
  },
  async createFile(path, bytes) {
    try {
      await writeFile(path, bytes, { flag: "wx" });
      return true;
    } catch (error) {
      if (codeOf(error) === "EEXIST") return false;
      throw error;
    }
  },
  list: (path) => orIfAbsent(readdir(path), []),
  listSync: (path) => orIfAbsentSync(() => readdirSync(path), []),
  async makeDirectory(path) {
    for (const directory of missingDirectories(path)) await mkdir(directory).catch(unlessThere);
  },
  makeDirectorySync(path) {
    // Its parent is there, as a rule.
    if (madeSync(path)) return;
    for (const directory of missingDirectories(path)) {
      try {
        mkdirSync(directory);
      } catch (error) {
        unlessThere(error);
      }
    }
  },
  rename,
  renameSync,
  async remove(path) {
    await removeFlat(path).catch(() => rm(path, { recursive: true, force: true }));
  },
  removeSync: (path) => rmSync(path, { recursive: true, force: true }),
  async syncDirectory(path) {
    const directory = await open(path, "r");
    try {
      await directory.sync();
    } catch (error) {
      // Some file systems (and Windows) have no such thing; the rename is as durable as it gets.
      if (!["EINVAL", "EPERM", "EISDIR", "ENOTSUP"].includes(codeOf(error) ?? "")) throw error;
    } finally {
      await directory.close();
    }
  },
  async space(path) {
    const { bsize, blocks, bavail } = await statfs(path);
    return { totalBytes: bsize * blocks, usableBytes: bsize * bavail };
  },
};

async function orIfAbsent<T, U>(result: Promise<T>, absent: U): Promise<T | U> {
  try {
    return await result;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return absent;
    throw error;
  }
}

function orIfAbsentSync<T, U>(result: () => T, absent: U): T | U {
  try {
    return result();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return absent;
    throw error;
  }
}

/**
 * A path and those above it that are not there, the outermost first. One level at a time, because
 * Node's own recursive mkdir never returns where a parent refuses children (below /proc).
 */
function missingDirectories(path: string): string[] {
  const missing: string[] = [];
  for (let at = resolve(path); !existsSync(at); at = dirname(at)) missing.unshift(at);
  return missing;
}

/** A directory of files alone, in half as many calls as `rm` needs, which asks of each what it is. */
async function removeFlat(path: string): Promise<void> {
  const names = await readdir(path);
  await Promise.all(names.map((name) => unlink(`${path}/${name}`)));
  await rmdir(path);
}

/** False if that takes a look at what is there. */
function madeSync(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Another has made it meanwhile. */
function unlessThere(error: unknown): void {
  if (codeOf(error) !== "EEXIST") throw error;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

class RealFile implements DiskFile {
  readonly #fd: number;
  #size: number;

  constructor(fd: number) {
    this.#fd = fd;
    this.#size = fstatSync(fd).size;
  }

  get size(): number {
    return this.#size;
  }

  async append(bytes: Buffer): Promise<void> {
    // To hand little to another thread takes longer than to write it.
    if (bytes.length <= SYNC_WRITE_BYTES_MAX) this.appendAllSync([bytes]);
    else await this.appendAll([bytes]);
  }

  async appendAll(chunks: readonly Buffer[]): Promise<void> {
    let left = chunks;
    while (left.length > 0) {
      const some = left.slice(0, WRITEV_BUFFERS_MAX);
      const written = await new Promise<number>((resolve, reject) => {
        writevWithCallback(this.#fd, some, (error, bytes) =>
          error ? reject(error) : resolve(bytes),
        );
      });
      this.#size += written;
      left = rest(left, written);
    }
  }

  appendAllSync(chunks: readonly Buffer[]): void {
    let left = chunks;
    const [only] = chunks;
    if (only !== undefined && chunks.length === 1) {
      const written = writeSync(this.#fd, only);
      this.#size += written;
      left = rest(left, written);
    }
    while (left.length > 0) {
      const some = left.length > WRITEV_BUFFERS_MAX ? left.slice(0, WRITEV_BUFFERS_MAX) : left;
      const written = writevSync(this.#fd, some);
      this.#size += written;
      left = rest(left, written);
    }
  }

  async read(into: Buffer, position: number): Promise<number> {
    let done = 0;
    while (done < into.length) {
      const more = await new Promise<number>((resolve, reject) => {
        readWithCallback(
          this.#fd,
          into,
          done,
          into.length - done,
          position + done,
          (error, bytes) => (error ? reject(error) : resolve(bytes)),
        );
      });
      if (more === 0) break;
      done += more;
    }
    return done;
  }

  readSync(into: Buffer, position: number): number {
    let done = 0;
    while (done < into.length) {
      const more = readSync(this.#fd, into, done, into.length - done, position + done);
      if (more === 0) break;
      done += more;
    }
    return done;
  }

  async truncate(size: number): Promise<void> {
    await truncate(this.#fd, size);
    this.#size = size;
  }

  truncateSync(size: number): void {
    ftruncateSync(this.#fd, size);
    this.#size = size;
  }

  sync(): Promise<void> {
    return datasync(this.#fd);
  }

  close(): Promise<void> {
    return closeAsync(this.#fd);
  }

  closeSync(): void {
    closeSync(this.#fd);
  }
}

/** What is left of the chunks once so many bytes of them are written. Usually nothing. */
function rest(chunks: readonly Buffer[], written: number): readonly Buffer[] {
  let left = written;
  for (let i = 0; i < chunks.length; i++) {
    const chunk = chunks[i] as Buffer;
    if (left < chunk.length) return [chunk.subarray(left), ...chunks.slice(i + 1)];
    left -= chunk.length;
  }
  return [];
}
