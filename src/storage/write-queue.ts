/** What has something to write when the tick ends. */
export interface TickWriter {
  write(): void;
}

/**
 * Lets the logs of a directory write when everything that has arrived in this tick has been looked
 * at: one write per log and tick instead of one per request.
 */
export class WriteQueue {
  #writers = new Set<TickWriter>();
  #isScheduled = false;

  add(writer: TickWriter): void {
    this.#writers.add(writer);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#run());
  }

  #run(): void {
    const writers = this.#writers;
    this.#writers = new Set();
    this.#isScheduled = false;
    for (const writer of writers) writer.write();
  }
}
