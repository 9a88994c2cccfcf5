import type { KafkaError } from "../protocol/errors.ts";
import type { LogParts } from "./log-content.ts";
import type { LogSettings } from "./log-settings.ts";
import type { LogSyncer } from "./log-syncer.ts";
import type { WriterHost } from "./log-writer.ts";
import type { Segment } from "./segment.ts";
import type { StoppedLog } from "./stopped-logs.ts";

/**
 * How far a log is written, and by which rules. One object instead of a function for each question:
 * there is one for every partition.
 */
export class LogProgress implements WriterHost {
  settings: LogSettings;
  /** Everything below is as safe as the settings ask. */
  writtenOffset: number;
  syncer: LogSyncer | undefined;
  readonly #log: StoppedLog;
  readonly #parts: LogParts;
  readonly #onWritten: (endOffset: number) => void;

  constructor(
    log: StoppedLog,
    start: { readonly settings: LogSettings; readonly writtenOffset: number },
    context: { readonly parts: LogParts; readonly onWritten: (endOffset: number) => void },
  ) {
    this.#log = log;
    this.#parts = context.parts;
    this.#onWritten = context.onWritten;
    this.settings = start.settings;
    this.writtenOffset = start.writtenOffset;
  }

  flushMessages(): number {
    return this.settings.flushMessages;
  }

  async sync(segments: ReadonlySet<Segment>): Promise<void> {
    await this.syncer?.sync(segments);
  }

  written(endOffset: number): void {
    this.writtenOffset = endOffset;
    this.#onWritten(endOffset);
  }

  failed(error: KafkaError): void {
    this.#parts.stopped.add(this.#log, error);
  }
}
