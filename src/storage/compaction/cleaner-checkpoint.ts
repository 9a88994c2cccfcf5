import { formatCheckpoint } from "../checkpoint.ts";
import { CLEANER_OFFSETS_FILE } from "../directory-contents.ts";
import type { Disk } from "../fs.ts";
import type { Log } from "../log.ts";
import { SharedWork } from "../shared-work.ts";

/** How far the logs of one data directory have been cleaned. */
export class CleanerCheckpoint {
  readonly #path: string;
  readonly #disk: Disk;
  /** What the file said at the start, of logs that nobody has asked for yet. */
  readonly #found: Map<string, number>;
  /** By log rather than by name: a topic that is made anew begins anew. */
  #offsets = new Map<Log, number>();
  readonly #file = new SharedWork(() => this.#write());

  /**
   * @param directory the path of a data directory.
   * @param found what its file says, by `<topic>-<partition>`.
   */
  constructor(disk: Disk, directory: string, found: ReadonlyMap<string, number>) {
    this.#disk = disk;
    this.#path = `${directory}/${CLEANER_OFFSETS_FILE}`;
    this.#found = new Map(found);
  }

  /** Undefined: it never was. */
  offsetOf(log: Log): number | undefined {
    const name = nameOf(log);
    const found = this.#found.get(name);
    if (found !== undefined) {
      this.#found.delete(name);
      this.#offsets.set(log, found);
    }
    return this.#offsets.get(log);
  }

  /**
   * Notes how far a log is clean.
   *
   * @param logs those that there are: others are forgotten.
   */
  async save(log: Log, offset: number, logs: Iterable<Log>): Promise<void> {
    this.#offsets.set(log, offset);
    const known = [...logs].flatMap((one) => {
      const cleaned = this.offsetOf(one);
      return cleaned === undefined ? [] : [[one, cleaned] as const];
    });
    this.#offsets = new Map(known);
    await this.#file.done();
  }

  async #write(): Promise<void> {
    const entries = [...this.#offsets].map(([{ topic, partition }, offset]) => ({
      topic,
      partition,
      offset,
    }));
    await this.#disk.replaceFile(this.#path, Buffer.from(formatCheckpoint(entries)));
  }
}

function nameOf({ topic, partition }: Log): string {
  return `${topic}-${partition}`;
}
