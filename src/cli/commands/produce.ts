import { exceptionText } from "../../client/exceptions.ts";
import { Producer } from "../../client/producer.ts";
import type { Delivery } from "../../client/producer-options.ts";
import type { NewRecord } from "../../records/records.ts";
import { type Command, type CommandContext, CommandError, UsageRefusal } from "./command.ts";
import { logLine } from "./console-log.ts";
import { interruptedBy } from "./exit-codes.ts";
import { LineReader } from "./produce/line-reader.ts";
import { linesOf } from "./produce/lines.ts";
import { options } from "./produce/options.ts";
import { producerOptions, producerSettings, unknownSettings } from "./produce/producer-settings.ts";
import { refuseBothNames, settingsGiven, settingsInFile } from "./settings.ts";
import { untilAborted } from "./until-aborted.ts";

const LOGGER = "org.apache.kafka.clients.producer.internals.ErrorLoggingCallback";
const LINE_READER = "org.apache.kafka.tools.LineMessageReader";

/** Names that go, and what to write instead. */
const deprecated = [
  ["producer-property", "a future version", "command-property"],
  ["producer.config", "a future version", "command-config"],
  ["property", "a future version", "reader-property"],
  ["max-partition-memory-bytes", "Apache Kafka 5.0", "batch-size"],
] as const;

export const command: Command = {
  name: "produce",
  summary: "Writes lines of standard input to a topic.",
  standsFor: "kafka-console-producer",
  options,
  finishesOnSignal: true,
  run: produce,
};

async function produce(context: CommandContext): Promise<number> {
  const { options: given, clock, complain, stdin, signal } = context;
  const topic = checked(context);
  const settings = await producerSettings(context);
  const reader = new LineReader({
    ...(await settingsInFile(context, { old: "reader-config", now: "reader-config" })),
    ...settingsGiven(given, { old: "property", now: "reader-property" }),
  });
  const sending = producerOptions(topic, settings);
  for (const name of unknownSettings(settings)) {
    const text = `The configuration '${name}' was supplied but is not used here.`;
    complain(logLine(clock, "WARN", [text, "odradek produce"]));
  }
  const client = await context.connect({
    apiTimeoutMs: Number(settings["max.block.ms"]),
    properties: settings,
  });
  const deliveries = new Deliveries(topic, context);
  const producer = new Producer(client, sending, (delivery) => deliveries.take(delivery));
  try {
    for await (const line of linesOf(untilAborted(prompted(stdin, context), signal))) {
      await producer.send(reader.record(line));
      if (given.has("sync")) await deliveries.synced(producer);
    }
  } finally {
    await producer.flush();
  }
  return signal.aborted ? interruptedBy(signal) : 0;
}

/** The topic, where the options fit each other. @throws UsageRefusal */
function checked({ options: given, print }: CommandContext): string {
  const topic = given.text("topic");
  if (topic === undefined) throw new UsageRefusal('Missing required argument "[topic]"');
  refuseBothNames(given, [
    ["command-config", "producer.config"],
    ["command-property", "producer-property"],
    ["reader-property", "property"],
  ]);
  const lineReader = given.text("line-reader") ?? LINE_READER;
  if (lineReader !== LINE_READER) {
    throw new CommandError(`java.lang.ClassNotFoundException: ${lineReader}`);
  }
  for (const [old, until, now] of deprecated) {
    if (!given.has(old)) continue;
    print(
      `Warning: --${old} is deprecated and will be removed in ${until}. Use --${now} instead.\n`,
    );
  }
  return topic;
}

/** Says what became of records. */
class Deliveries {
  readonly #topic: string;
  readonly #context: CommandContext;
  #refused: Extract<Delivery, { error: object }>["error"] | undefined;

  constructor(topic: string, context: CommandContext) {
    this.#topic = topic;
    this.#context = context;
  }

  take(delivery: Delivery): void {
    const { options: given } = this.#context;
    if (delivery.error === undefined) {
      if (given.has("json")) this.#acknowledge(delivery.partition, delivery);
      return;
    }
    this.#refused = delivery.error;
    if (given.has("sync")) return;
    for (const record of delivery.records) this.#complain(record, delivery.error);
  }

  /** Waits for the one record that was sent. @throws CommandError where it was refused */
  async synced(producer: Producer): Promise<void> {
    await producer.flush();
    const error = this.#refused;
    if (error === undefined) return;
    const text = `java.util.concurrent.ExecutionException: ${exceptionText(error)}`;
    throw new CommandError(text, { cause: error });
  }

  #acknowledge(
    partition: number,
    {
      records,
      baseOffset,
    }: { readonly records: readonly NewRecord[]; readonly baseOffset: number },
  ): void {
    const topic = this.#topic;
    const lines = records.map((_, index) => {
      const offset = baseOffset < 0 ? null : baseOffset + index;
      return `${JSON.stringify({ topic, partition, offset })}\n`;
    });
    this.#context.print(lines.join(""));
  }

  #complain({ key, value }: NewRecord, error: object): void {
    const { clock, complain } = this.#context;
    const text = `Error when sending message to topic ${this.#topic} with key: ${bytes(key)}, value: ${bytes(value)} with error:`;
    complain(logLine(clock, "ERROR", [text, LOGGER]));
    complain(`${exceptionText(error)}\n`);
  }
}

function bytes(text: Buffer | null): string {
  return text === null ? "null" : `${text.length} bytes`;
}

/** A person is asked for each line. */
async function* prompted(
  stdin: AsyncIterable<Buffer>,
  { isInteractive, print }: CommandContext,
): AsyncGenerator<Buffer> {
  if (isInteractive) print(">");
  for await (const chunk of stdin) {
    yield chunk;
    if (isInteractive) print(">");
  }
}
