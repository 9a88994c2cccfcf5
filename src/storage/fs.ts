/**
 * The disk as the broker sees it. The real one, one in memory and one that fails on demand implement
 * it. Appends and reads exist in two forms: the synchronous one costs least for what the page cache
 * takes at once, the other for what the disk makes us wait for.
 */
export interface Disk {
  /** Opens for reading and writing; makes the file if it is not there. */
  open(path: string): Promise<DiskFile>;
  openSync(path: string): DiskFile;
  /** Undefined if there is no such file. */
  readFile(path: string): Promise<Buffer | undefined>;
  /** Replaces a file as a whole or not at all: what was there is there until all of it is durable. */
  replaceFile(path: string, bytes: Buffer): Promise<void>;
  /**
   * The same at once, for small files: whole after the process dies, but not durable before it is
   * synced.
   */
  replaceFileSync(path: string, bytes: Buffer): void;
  /** Makes a file that must not be there. False if it is. */
  createFile(path: string, bytes: Buffer): Promise<boolean>;
  readFileSync(path: string): Buffer | undefined;
  /** Bytes in a file; undefined if there is no such file. */
  sizeSync(path: string): number | undefined;
  /** Names in a directory, unsorted; none if there is no such directory. */
  list(path: string): Promise<readonly string[]>;
  listSync(path: string): readonly string[];
  makeDirectory(path: string): Promise<void>;
  makeDirectorySync(path: string): void;
  rename(from: string, to: string): Promise<void>;
  renameSync(from: string, to: string): void;
  /** A file, or a directory with all that is in it; nothing happens if it is not there. */
  remove(path: string): Promise<void>;
  removeSync(path: string): void;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): Promise<void>;
  /** -1 where it is not known. */
  space(path: string): Promise<{ readonly totalBytes: number; readonly usableBytes: number }>;
}

export interface DiskFile {
  readonly size: number;
  /** Adds to the end. */
  append(bytes: Buffer): Promise<void>;
  appendAll(chunks: readonly Buffer[]): Promise<void>;
  appendAllSync(chunks: readonly Buffer[]): void;
  /** Fills the buffer from `position` on. Gives back how much there was. */
  read(into: Buffer, position: number): Promise<number>;
  readSync(into: Buffer, position: number): number;
  truncate(size: number): Promise<void>;
  truncateSync(size: number): void;
  /** Makes the content durable. */
  sync(): Promise<void>;
  close(): Promise<void>;
  closeSync(): void;
}
