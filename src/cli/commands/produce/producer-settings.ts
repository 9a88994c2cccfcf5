import type { ProducerOptions } from "../../../client/producer-options.ts";
import { CompressionType } from "../../../records/compression.ts";
import { type CommandContext, CommandError } from "../command.ts";
import type { GivenOptions } from "../given-options.ts";
import { integerIn, type Settings, settingsGiven, settingsInFile } from "../settings.ts";

/** Settings that an option sets: it beats the setting, which beats the option's default. */
const optionOfSetting: readonly (readonly [setting: string, option: string, otherwise: string])[] =
  [
    ["linger.ms", "timeout", "1000"],
    ["acks", "request-required-acks", "-1"],
    ["request.timeout.ms", "request-timeout-ms", "1500"],
    ["retries", "message-send-max-retries", "3"],
    ["retry.backoff.ms", "retry-backoff-ms", "100"],
    ["buffer.memory", "max-memory-bytes", "33554432"],
    ["batch.size", "batch-size", "16384"],
    ["batch.size", "max-partition-memory-bytes", "16384"],
    ["max.block.ms", "max-block-ms", "60000"],
  ];

const codecs: Readonly<Record<string, number>> = {
  none: CompressionType.NONE,
  gzip: CompressionType.GZIP,
  snappy: CompressionType.SNAPPY,
  lz4: CompressionType.LZ4,
  zstd: CompressionType.ZSTD,
};

/** Settings that are taken in silence, for they are said otherwise or nothing hangs on them. */
const silent: ReadonlySet<string> = new Set([
  "bootstrap.servers",
  "client.id",
  "compression.type",
  "delivery.timeout.ms",
  "enable.idempotence",
  "key.serializer",
  "max.in.flight.requests.per.connection",
  "max.request.size",
  "metadata.max.age.ms",
  "security.protocol",
  "send.buffer.bytes",
  "value.serializer",
  ...optionOfSetting.map(([setting]) => setting),
]);

/** All settings of the producer, under Kafka's names. */
export async function producerSettings(context: CommandContext): Promise<Settings> {
  const { options } = context;
  const settings: Record<string, string> = {
    ...(await settingsInFile(context, { old: "producer.config", now: "command-config" })),
    ...settingsGiven(options, { old: "producer-property", now: "command-property" }),
  };
  settings["client.id"] ??= "console-producer";
  settings["compression.type"] = codecName(options);
  for (const [setting, option, otherwise] of optionOfSetting) {
    if (options.has(option)) settings[setting] = numberOrText(options, option);
    else settings[setting] ??= otherwise;
  }
  return settings;
}

/** Those that nobody looks at here. */
export function unknownSettings(settings: Settings): readonly string[] {
  return Object.keys(settings).filter((name) => !silent.has(name));
}

/** @throws CommandError */
export function producerOptions(topic: string, settings: Settings): ProducerOptions {
  const acks = acksOf(settings["acks"] ?? "-1");
  const idempotence = settings["enable.idempotence"]?.trim().toLowerCase();
  if (idempotence === "true" && acks !== -1) {
    throw configError(
      "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
    );
  }
  return {
    topic,
    acks,
    isIdempotent: acks === -1 && idempotence !== "false",
    compression: codecOf(settings["compression.type"] ?? "none"),
    batchBytes: integerIn(settings, "batch.size", 16_384),
    lingerMs: integerIn(settings, "linger.ms", 1000),
    bufferBytes: integerIn(settings, "buffer.memory", 33_554_432),
    recordBytesMax: integerIn(settings, "max.request.size", 1_048_576),
    retries: integerIn(settings, "retries", 3),
    retryBackoffMs: integerIn(settings, "retry.backoff.ms", 100),
    deliveryMs: integerIn(settings, "delivery.timeout.ms", 120_000),
    timeoutMs: integerIn(settings, "request.timeout.ms", 1500),
    random: Math.random,
  };
}

function codecName(options: GivenOptions): string {
  if (!options.has("compression-codec")) return "none";
  return options.text("compression-codec") ?? "gzip";
}

function codecOf(name: string): number {
  const codec = codecs[name];
  if (codec !== undefined) return codec;
  const names = Object.keys(codecs).join(", ");
  throw configError(
    `Invalid value ${name} for configuration compression.type: String must be one of: ${names}`,
  );
}

function acksOf(text: string): -1 | 0 | 1 {
  switch (text.trim().toLowerCase()) {
    case "-1":
    case "all":
      return -1;
    case "0":
      return 0;
    case "1":
      return 1;
    default:
      throw configError(
        `Invalid value ${text} for configuration acks: String must be one of: all, -1, 0, 1`,
      );
  }
}

function numberOrText(options: GivenOptions, option: string): string {
  const isText = option === "request-required-acks";
  return String(isText ? options.text(option) : options.long(option));
}

function configError(message: string): CommandError {
  return new CommandError(`org.apache.kafka.common.config.ConfigException: ${message}`);
}
