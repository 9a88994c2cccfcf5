import type { Option } from "../command.ts";
import { bootstrapServer } from "../common-options.ts";

const config = { kind: "text", value: "FILE" } as const;
const property = { kind: "text", value: "KEY=VALUE", isRepeatable: true } as const;

/** Of kafka-console-producer. */
export const options: readonly Option[] = [
  bootstrapServer,
  { name: "topic", kind: "text", value: "TOPIC", description: "Required. Where to write." },
  { name: "sync", kind: "flag", description: "Wait for each record before the next is sent." },
  {
    name: "compression-codec",
    kind: "optional",
    value: "CODEC",
    description: "none, gzip (without a value), snappy, lz4 or zstd.",
  },
  { name: "batch-size", kind: "integer", description: "Bytes of a batch (batch.size, 16384)." },
  {
    name: "max-partition-memory-bytes",
    kind: "integer",
    description: "Deprecated: --batch-size.",
  },
  {
    name: "message-send-max-retries",
    kind: "integer",
    description: "How often a batch is sent again (retries, 3).",
  },
  {
    name: "retry-backoff-ms",
    kind: "integer",
    description: "Milliseconds before it is sent again (retry.backoff.ms, 100).",
  },
  {
    name: "timeout",
    kind: "integer",
    description: "Milliseconds that a record waits for others (linger.ms, 1000).",
  },
  {
    name: "request-required-acks",
    kind: "text",
    value: "ACKS",
    description: "-1 or all (the default), 1, 0 (acks).",
  },
  {
    name: "request-timeout-ms",
    kind: "integer",
    description: "Milliseconds until a request is answered (request.timeout.ms, 1500).",
  },
  {
    name: "metadata-expiry-ms",
    kind: "integer",
    description: "Taken, without effect: metadata is asked for when it is wrong.",
  },
  {
    name: "max-block-ms",
    kind: "integer",
    description: "Milliseconds until a topic must be known (max.block.ms, 60000).",
  },
  {
    name: "max-memory-bytes",
    kind: "integer",
    description: "Bytes that may wait to be sent (buffer.memory, 33554432).",
  },
  { name: "socket-buffer-size", kind: "integer", description: "Taken, without effect." },
  {
    name: "line-reader",
    kind: "text",
    value: "CLASS",
    description: "Only org.apache.kafka.tools.LineMessageReader, the default.",
  },
  {
    name: "reader-property",
    ...property,
    description:
      "How lines are read: parse.key, key.separator, parse.headers, headers.delimiter, headers.separator, headers.key.separator, null.marker, ignore.error.",
  },
  { name: "property", ...property, description: "Deprecated: --reader-property." },
  { name: "reader-config", ...config, description: "A file with reader properties." },
  {
    name: "command-property",
    ...property,
    description: "A setting of the producer: acks, linger.ms, batch.size, enable.idempotence, ...",
  },
  { name: "producer-property", ...property, description: "Deprecated: --command-property." },
  { name: "command-config", ...config, description: "A file with settings of the producer." },
  { name: "producer.config", ...config, description: "Deprecated: --command-config." },
];
