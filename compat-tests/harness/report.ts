/** Counts checks and says each on one line. */
export class Report {
  readonly #say: (line: string) => void;
  passed = 0;
  failed = 0;
  skipped = 0;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  pass(name: string): void {
    this.passed++;
    this.#say(`ok    ${name}`);
  }

  fail(name: string, reason: string): void {
    this.failed++;
    this.#say(`FAIL  ${name}: ${reason.replaceAll("\n", " | ")}`);
  }

  skip(name: string, reason: string): void {
    this.skipped++;
    this.#say(`skip  ${name}: ${reason.replaceAll("\n", " | ")}`);
  }

  /** A fact worth a line that is no check. */
  note(text: string): void {
    this.#say(`      ${text}`);
  }

  /** Runs one check; what it throws is the failure. Tells whether it passed. */
  async check(name: string, work: () => Promise<string | undefined>): Promise<boolean> {
    try {
      const remark = await work();
      this.pass(remark === undefined ? name : `${name} (${remark})`);
      return true;
    } catch (error) {
      this.fail(name, error instanceof Error ? error.message : String(error));
      return false;
    }
  }

  summary(): string {
    return `${this.passed} passed, ${this.failed} failed, ${this.skipped} skipped`;
  }
}

/** Runs `work` on each item, at most `limit` at a time, and waits for all. */
export async function eachOf<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const lane = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, lane));
}
