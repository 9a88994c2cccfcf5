import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One request and what the recorded broker made of it. Frames are hex, with their length. */
export interface RecordedCase {
  readonly case: string;
  readonly note: string;
  readonly request: string;
  /** null: no answer came; the note says whether the connection was closed. */
  readonly response: string | null;
  readonly tookMs?: number;
  /** When the run began that recorded this case, milliseconds since the epoch. */
  readonly startedAtMs?: number;
}

export interface RecordedFile {
  readonly api: string;
  readonly version: number;
  readonly cases: readonly RecordedCase[];
}

/** What came back: an answer's frame, a closed connection, or nothing within the time allowed. */
export type Outcome = Buffer | "closed" | "silence";

export function caseId(api: string, version: number, name: string): string {
  return `${api} v${version} ${name}`;
}

export function outcomeOf(recorded: RecordedCase): Outcome {
  if (recorded.response !== null) return Buffer.from(recorded.response, "hex");
  return recorded.note.includes("closed") ? "closed" : "silence";
}

/** Answers of one broker, by API, version and case. Grows while a differential run records. */
export class Recording {
  readonly #cases = new Map<string, RecordedCase>();
  readonly #files = new Map<string, { api: string; version: number; names: string[] }>();

  static load(folder: string): Recording {
    const recording = new Recording();
    for (const name of readdirSync(folder).sort()) {
      const file = JSON.parse(readFileSync(join(folder, name), "utf8")) as RecordedFile;
      for (const recorded of file.cases) recording.add(file.api, file.version, recorded);
    }
    return recording;
  }

  add(api: string, version: number, recorded: RecordedCase): void {
    const id = caseId(api, version, recorded.case);
    if (this.#cases.has(id)) throw new Error(`${id} is recorded twice`);
    this.#cases.set(id, recorded);
    const fileName = `${api}-v${version}`;
    const file = this.#files.get(fileName) ?? { api, version, names: [] };
    file.names.push(recorded.case);
    this.#files.set(fileName, file);
  }

  find(api: string, version: number, name: string): RecordedCase | undefined {
    return this.#cases.get(caseId(api, version, name));
  }

  get(api: string, version: number, name: string): RecordedCase {
    const found = this.find(api, version, name);
    if (found === undefined) throw new Error(`${caseId(api, version, name)} was never recorded`);
    return found;
  }

  files(): RecordedFile[] {
    return [...this.#files.values()].map(({ api, version, names }) => ({
      api,
      version,
      cases: names.map((name) => this.get(api, version, name)),
    }));
  }

  *entries(): Generator<{ api: string; version: number; recorded: RecordedCase }> {
    for (const { api, version, names } of this.#files.values()) {
      for (const name of names) yield { api, version, recorded: this.get(api, version, name) };
    }
  }
}
