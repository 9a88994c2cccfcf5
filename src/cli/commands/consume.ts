import { exceptionText } from "../../client/exceptions.ts";
import type { FetchedRecord } from "../../client/fetched-records.ts";
import { type Command, type CommandContext, UsageRefusal } from "./command.ts";
import { logLine } from "./console-log.ts";
import { AloneReading, partitionReading } from "./consume/alone.ts";
import { chosenFormat } from "./consume/chosen-format.ts";
import { SerializationError } from "./consume/deserializers.ts";
import type { Format } from "./consume/formatter.ts";
import { GroupedReading } from "./consume/grouped.ts";
import { options } from "./consume/options.ts";
import { type Plan, planOf } from "./consume/plan.ts";
import type { Reading } from "./consume/reading.ts";
import { interruptedBy } from "./exit-codes.ts";

const LOGGER = "org.apache.kafka.tools.consumer.ConsoleConsumer";
const TIMEOUT = "org.apache.kafka.common.errors.TimeoutException";
/** Ctrl-C is noticed within this. */
const POLL_MS = 500;
/** So much is printed at once. */
const PRINT_BYTES = 64 * 1024;

export const command: Command = {
  name: "consume",
  summary: "Prints records of topics.",
  standsFor: "kafka-console-consumer",
  options,
  finishesOnSignal: true,
  run: consume,
};

async function consume(context: CommandContext): Promise<number> {
  const { options: given, complain, print, signal } = context;
  const plan = await planOf(context);
  const format = await chosenFormat(context);
  if (!given.has("bootstrap-server")) {
    throw new UsageRefusal('Missing required argument "[bootstrap-server]"');
  }
  const client = await context.connect({ properties: plan.settings });
  const consuming = new Consuming(context, plan, format);
  try {
    const reading = await readingOf(client, plan);
    await consuming.run(reading);
  } catch (error) {
    consuming.fail("Error processing message, terminating consumer process: ", error);
  } finally {
    complain(`Processed a total of ${consuming.count} messages\n`);
  }
  if (given.has("enable-systest-events")) print("shutdown_complete\n");
  return signal.aborted ? interruptedBy(signal) : consuming.exitCode;
}

async function readingOf(
  client: Awaited<ReturnType<CommandContext["connect"]>>,
  plan: Plan,
): Promise<Reading> {
  if (plan.only !== undefined && "name" in plan.topics) {
    return partitionReading(client, plan, plan.topics.name);
  }
  return plan.group === undefined
    ? new AloneReading(client, plan)
    : new GroupedReading(client, plan, plan.group);
}

/** Prints records until there is a reason to stop. */
class Consuming {
  readonly #context: CommandContext;
  readonly #plan: Plan;
  readonly #format: Format;
  #count = 0;
  #exitCode = 0;
  #pieces: (string | Buffer)[] = [];
  #bytes = 0;

  constructor(context: CommandContext, plan: Plan, format: Format) {
    this.#context = context;
    this.#plan = plan;
    this.#format = format;
  }

  /** Records that were printed, or skipped. */
  get count(): number {
    return this.#count;
  }

  get exitCode(): number {
    return this.#exitCode;
  }

  /** Says why it ends, as Kafka's tool logs it; that is no failure of the process there. */
  fail(text: string, error: unknown): void {
    const { clock, complain } = this.#context;
    complain(logLine(clock, "ERROR", [text, LOGGER]));
    complain(`${textOf(error)}\n`);
  }

  async run(reading: Reading): Promise<void> {
    let unread: readonly FetchedRecord[] = [];
    try {
      unread = await this.#printUntilStopped(reading);
    } finally {
      this.#flush();
      await reading.close(unread);
    }
  }

  /** The records that came and were not printed. */
  async #printUntilStopped(reading: Reading): Promise<readonly FetchedRecord[]> {
    const { clock, signal } = this.#context;
    const { maxMessages, timeoutMs } = this.#plan;
    let sinceMs = clock.monotonicMs();
    while (this.#count < maxMessages && !signal.aborted && !this.#isUnheard()) {
      const leftMs = sinceMs + timeoutMs - clock.monotonicMs();
      const records = await reading.poll(Math.max(0, Math.min(POLL_MS, Math.ceil(leftMs))));
      if (records.length > 0) {
        const printed = this.#printAll(records);
        sinceMs = clock.monotonicMs();
        if (printed < records.length) return records.slice(printed);
      } else if (clock.monotonicMs() - sinceMs > timeoutMs) {
        this.fail("Error processing message, terminating consumer process: ", TIMEOUT);
        return [];
      }
    }
    return [];
  }

  /** How many of the records were printed. */
  #printAll(records: readonly FetchedRecord[]): number {
    let printed = 0;
    for (const record of records) {
      if (this.#count >= this.#plan.maxMessages) break;
      this.#count++;
      if (!this.#print(record)) break;
      printed++;
    }
    this.#flush();
    return printed;
  }

  #print(record: FetchedRecord): boolean {
    try {
      for (const piece of this.#format(record)) {
        this.#pieces.push(piece);
        this.#bytes += piece.length;
      }
    } catch (error) {
      if (this.#context.options.has("skip-message-on-error")) {
        this.fail("Error processing message, skipping this message: ", error);
        return true;
      }
      this.fail("Unknown error when running consumer: ", error);
      this.#exitCode = 1;
      return false;
    }
    if (this.#bytes >= PRINT_BYTES) this.#flush();
    return true;
  }

  #flush(): void {
    if (this.#bytes === 0) return;
    const pieces = this.#pieces.map((piece) =>
      typeof piece === "string" ? Buffer.from(piece) : piece,
    );
    this.#context.print(Buffer.concat(pieces));
    this.#pieces = [];
    this.#bytes = 0;
  }

  #isUnheard(): boolean {
    if (!this.#context.isOutputGone()) return false;
    this.#context.complain("Unable to write to standard out, closing consumer.\n");
    return true;
  }
}

function textOf(error: unknown): string {
  if (error === TIMEOUT) return TIMEOUT;
  if (error instanceof SerializationError) return `${error.name}: ${error.message}`;
  return exceptionText(error);
}
