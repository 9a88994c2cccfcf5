import { ClosedContent } from "./closed-content.ts";
import type { LeaderEpochs } from "./leader-epochs.ts";
import type { LogFiles } from "./log-files.ts";

/** The leader epochs of one log, and their file. */
export class KnownEpochs {
  readonly #content: { readonly epochs: LeaderEpochs };
  readonly #files: LogFiles;

  constructor(content: { readonly epochs: LeaderEpochs }, files: LogFiles) {
    this.#content = content instanceof ClosedContent ? content : { epochs: content.epochs };
    this.#files = files;
  }

  /** Read from the disk when they are first asked for. */
  get all(): LeaderEpochs {
    return this.#content.epochs;
  }

  /** -1 if there has been none. */
  get latest(): number {
    const content = this.#content;
    return content instanceof ClosedContent ? content.latestEpoch : content.epochs.latest;
  }

  /** A batch of this epoch comes. @throws what the disk says if the file cannot be written. */
  begin(epoch: number, startOffset: number): void {
    this.all.begin(epoch, startOffset);
    if (this.all.isChanged) this.#files.saveEpochs(this.all);
  }

  /** Saves them if that can be done now; else they are saved with the next batch. */
  keep(): void {
    this.#files.keepEpochs(this.all);
  }
}
