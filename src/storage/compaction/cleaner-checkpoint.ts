import type { Logger } from "../../telemetry/logger.ts";
import { formatCheckpoint } from "../checkpoint.ts";
import { CLEANER_OFFSETS_FILE } from "../directory-contents.ts";
import type { Disk } from "../fs.ts";
import type { Log } from "../log.ts";
import { SharedWork } from "../shared-work.ts";

/** How far the logs of one data directory have been cleaned. */
export class CleanerCheckpoint {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #logger: Logger;
  /** What the file said at the start, of logs that nobody has asked for yet. */
  readonly #found: Map<string, number>;
  /** By log rather than by name: a topic that is made anew begins anew. */
  #offsets = new Map<Log, number>();
  readonly #file = new SharedWork(() => this.#write());

  /**
   * @param directory the path of a data directory.
   * @param found what its file says, by `<topic>-<partition>`.
   */
  constructor(
    { disk, logger }: { readonly disk: Disk; readonly logger: Logger },
    directory: string,
    found: ReadonlyMap<string, number>,
  ) {
    this.#disk = disk;
    this.#logger = logger;
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
    this.#found.delete(nameOf(log));
    this.#offsets.set(log, offset);
    const known = [...logs].flatMap((one) => {
      const cleaned = this.offsetOf(one);
      return cleaned === undefined ? [] : [[one, cleaned] as const];
    });
    this.#offsets = new Map(known);
    await this.#file.done();
  }

  /** The log is no more, or is in another directory by now: one of its name begins anew. */
  async forget(log: Log): Promise<void> {
    if (this.offsetOf(log) === undefined) return;
    this.#offsets.delete(log);
    await this.#keep();
  }

  /** Forgets what the file said of logs that are not here, before any is asked for. */
  async retain(isHere: (name: string) => boolean): Promise<void> {
    const gone = [...this.#found.keys()].filter((name) => !isHere(name));
    if (gone.length === 0) return;
    for (const name of gone) this.#found.delete(name);
    await this.#keep();
  }

  /** Nobody has to wait for room on the disk to be rid of a log. */
  async #keep(): Promise<void> {
    try {
      await this.#file.done();
    } catch (error) {
      this.#logger.warn(`${this.#path} is not written yet`, { error });
    }
  }

  async #write(): Promise<void> {
    const found = [...this.#found].map(([name, offset]) => ({ ...placeOf(name), offset }));
    const entries = [...this.#offsets].map(([{ topic, partition }, offset]) => ({
      topic,
      partition,
      offset,
    }));
    await this.#disk.replaceFile(this.#path, Buffer.from(formatCheckpoint([...entries, ...found])));
  }
}

function nameOf({ topic, partition }: Log): string {
  return `${topic}-${partition}`;
}

function placeOf(name: string): { readonly topic: string; readonly partition: number } {
  const dash = name.lastIndexOf("-");
  return { topic: name.slice(0, dash), partition: Number(name.slice(dash + 1)) };
}
