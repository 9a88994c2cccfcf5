import type { Logger } from "../telemetry/logger.ts";
import type { Clock, Timer } from "../time/clock.ts";
import type { Disk } from "./fs.ts";
import { type LockHolder, ownHolder, parseHolder, stateOf } from "./lock-holder.ts";

const LOCK_FILE = ".lock";

/** How often a holder shows that it lives. */
const BEAT_MS = 2000;
/** How long a holder that cannot be looked up may be silent before it counts as gone. */
const SILENCE_MS = 3 * BEAT_MS;

/** A data directory is another broker's. The message says whose. */
export class DirectoryInUse extends Error {
  override readonly name = "DirectoryInUse";
}

interface LockOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The data directory. */
  readonly path: string;
  /** Unlike that of any other broker. */
  readonly token: string;
}

/**
 * One broker per data directory. The lock is a file that names its holder. Node has no flock, so the
 * holder is looked up: one that is gone, after a kill or a crash of the machine, is replaced at once.
 * One in another container or on another machine cannot be looked up; it is replaced if it shows no
 * sign of life.
 */
export class DirectoryLock {
  readonly #options: LockOptions;
  readonly #path: string;
  #holder: LockHolder;
  #timer: Timer | undefined;

  private constructor(options: LockOptions, path: string, holder: LockHolder) {
    this.#options = options;
    this.#path = path;
    this.#holder = holder;
    this.#beatLater();
  }

  /** @throws DirectoryInUse */
  static async take(options: LockOptions): Promise<DirectoryLock> {
    const { disk, clock } = options;
    const path = `${options.path}/${LOCK_FILE}`;
    const own = ownHolder(options.token);
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await disk.createFile(path, encode(own))) return new DirectoryLock(options, path, own);
      const holder = parseHolder(await disk.readFile(path));
      if (holder !== undefined) await checkGone(holder, own, { ...options, path, clock });
      await disk.remove(path);
    }
    throw new DirectoryInUse(`${options.path} is being taken by another broker at this moment`);
  }

  async release(): Promise<void> {
    this.#timer?.cancel();
    if (this.#isOurs()) await this.#options.disk.remove(this.#path);
  }

  #beatLater(): void {
    this.#timer = this.#options.clock.schedule(BEAT_MS, () => {
      try {
        this.#beat();
      } catch (cause) {
        this.#options.logger.warn(`${this.#path} cannot be written`, { cause });
      }
      this.#beatLater();
    });
  }

  #beat(): void {
    if (!this.#isOurs()) {
      this.#options.logger.error(`${this.#path} was taken by another broker: stop one of the two`);
      return;
    }
    this.#holder = { ...this.#holder, beat: this.#holder.beat + 1 };
    this.#options.disk.replaceFileSync(this.#path, encode(this.#holder));
  }

  #isOurs(): boolean {
    return parseHolder(this.#options.disk.readFileSync(this.#path))?.token === this.#holder.token;
  }
}

/** @throws DirectoryInUse unless the holder is gone. */
async function checkGone(
  holder: LockHolder,
  own: LockHolder,
  { disk, clock, logger, path }: Pick<LockOptions, "disk" | "clock" | "logger" | "path">,
): Promise<void> {
  const directory = path.slice(0, -LOCK_FILE.length - 1);
  const state = stateOf(holder, own);
  if (state === "gone") return;
  if (state === "alive") throw inUse(directory, holder);
  logger.warn(`${directory} was last held by a broker on ${holder.host}: waiting for a sign of it`);
  await new Promise<void>((resolve) => {
    clock.schedule(SILENCE_MS, resolve);
  });
  const now = parseHolder(await disk.readFile(path));
  if (now !== undefined && (now.token !== holder.token || now.beat !== holder.beat)) {
    throw inUse(directory, now);
  }
}

function inUse(directory: string, { pid, host }: LockHolder): DirectoryInUse {
  const who =
    pid === process.pid ? `another broker in this process (${pid})` : `process ${pid} on ${host}`;
  return new DirectoryInUse(
    `the data directory ${directory} is in use by ${who}; stop it or choose another directory`,
  );
}

function encode(holder: LockHolder): Buffer {
  return Buffer.from(JSON.stringify(holder));
}
