/** As much of storage's Disk as the metadata store uses. */
export interface MetadataDisk {
  /** Undefined if there is no such file. */
  readFile(path: string): Promise<Buffer | undefined>;
  /** For appending; made if it is not there. */
  open(path: string): Promise<MetadataFile>;
  /** Takes the place of `to`, at once or not at all. */
  rename(from: string, to: string): Promise<void>;
  /** Makes files that appeared in it or were renamed certain to be found after a power cut. */
  syncDirectory(path: string): Promise<void>;
}

export interface MetadataFile {
  append(bytes: Buffer): Promise<void>;
  truncate(bytes: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
