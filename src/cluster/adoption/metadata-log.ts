import { DecodeError } from "../../protocol/reader.ts";
import {
  attributesAt,
  isControl,
  isIntact,
  lastOffsetAt,
  sizeInBytesAt,
} from "../../records/batch.ts";
import { batchesIn, recordsOf } from "../../records/records.ts";
import { ForeignDirectory } from "../../storage/foreign-directory.ts";
import type { Disk } from "../../storage/fs.ts";
import { CLUSTER_METADATA_TOPIC } from "../topic-name.ts";
import { KafkaMetadata } from "./kafka-metadata.ts";
import { decodeMetadataRecord, UnknownForm } from "./metadata-record.ts";

/** Where a broker of Kafka keeps the metadata, below a data directory. */
export const METADATA_FOLDER = `${CLUSTER_METADATA_TOPIC}-0`;

export interface ReadMetadata {
  readonly metadata: KafkaMetadata;
  /** Where the log could not be read on, though it should; undefined: all of it was read. */
  readonly damagedAt?: string;
}

const LOG_FILE = /^(\d{20})\.log$/;
/** The offset that the snapshot goes up to, and its epoch. */
const SNAPSHOT_FILE = /^(\d{20})-(\d{10})\.checkpoint$/;

/**
 * What Kafka's metadata log says: its newest snapshot that is whole, and what was written since.
 * Undefined where there is no such log, or nothing in it. Nothing is changed.
 *
 * @throws ForeignDirectory if a later Kafka wrote what this broker cannot read.
 */
export async function readMetadataLog(disk: Disk, path: string): Promise<ReadMetadata | undefined> {
  const folder = `${path}/${METADATA_FOLDER}`;
  const names = [...(await disk.list(folder))].sort();
  const logs = names.filter((name) => LOG_FILE.test(name));
  if (logs.length === 0) return undefined;
  try {
    return await new LogReading(disk, folder).read(names, logs);
  } catch (error) {
    if (!(error instanceof UnknownForm)) throw error;
    throw new ForeignDirectory(
      `${folder} holds ${error.message}, which this broker cannot read: a later Apache Kafka wrote it`,
      { cause: error },
    );
  }
}

/** One pass over snapshot and segments. */
class LogReading {
  readonly #disk: Disk;
  readonly #folder: string;
  #metadata = new KafkaMetadata();
  /** The offset to go on with. */
  #next = 0;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#folder = folder;
  }

  async read(names: readonly string[], logs: readonly string[]): Promise<ReadMetadata | undefined> {
    for (const name of names.filter((one) => SNAPSHOT_FILE.test(one)).reverse()) {
      if (await this.#takeSnapshot(name)) break;
      this.#metadata = new KafkaMetadata();
      this.#next = 0;
    }
    const damagedAt = await this.#takeLogs(logs);
    if (this.#next === 0) return undefined;
    return damagedAt === undefined
      ? { metadata: this.#metadata }
      : { metadata: this.#metadata, damagedAt };
  }

  /** False if it is not whole. */
  async #takeSnapshot(name: string): Promise<boolean> {
    const bytes = (await this.#disk.readFile(`${this.#folder}/${name}`)) ?? Buffer.alloc(0);
    const end = this.#replay(bytes, () => true);
    this.#next = Number(SNAPSHOT_FILE.exec(name)?.[1]);
    return bytes.length > 0 && end === bytes.length;
  }

  /** Where they could not be read on. Behind the last one's last whole batch is what a crash left. */
  async #takeLogs(logs: readonly string[]): Promise<string | undefined> {
    for (const [i, name] of logs.entries()) {
      const following = logs[i + 1];
      if (following !== undefined && baseOffsetOf(following) <= this.#next) continue;
      // What it follows on is missing: a segment, or the snapshot.
      if (baseOffsetOf(name) > this.#next) return `${this.#folder}/${name}`;
      const bytes = (await this.#disk.readFile(`${this.#folder}/${name}`)) ?? Buffer.alloc(0);
      const end = this.#replay(bytes, (offset) => offset >= this.#next);
      if (end < bytes.length && following !== undefined) return `${this.#folder}/${name}`;
    }
    return undefined;
  }

  /** Up to the first batch that is not as it was written, whose position is given back. */
  #replay(bytes: Buffer, isWanted: (offset: number) => boolean): number {
    let end = 0;
    for (const at of batchesIn(bytes)) {
      if (!isIntact(bytes, at)) break;
      const lastOffset = lastOffsetAt(bytes, at);
      if (isWanted(lastOffset)) {
        this.#replayBatch(bytes, at, isWanted);
        this.#next = lastOffset + 1;
      }
      end = at + sizeInBytesAt(bytes, at);
    }
    return end;
  }

  #replayBatch(bytes: Buffer, at: number, isWanted: (offset: number) => boolean): void {
    // What Raft says to itself: leaders, voters.
    if (isControl(attributesAt(bytes, at))) return;
    for (const { offset, value } of recordsOf(bytes, at)) {
      if (value !== null && isWanted(offset)) this.#metadata.replay(decoded(value));
    }
  }
}

function baseOffsetOf(log: string): number {
  return Number(log.slice(0, 20));
}

function decoded(value: Buffer): ReturnType<typeof decodeMetadataRecord> {
  try {
    return decodeMetadataRecord(value);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new UnknownForm(`a record that does not decode (${error.message})`, { cause: error });
  }
}
