import type { Option } from "../command.ts";
import { bootstrapServer } from "../common-options.ts";

const config = { kind: "text", value: "FILE" } as const;
const property = { kind: "text", value: "KEY=VALUE", isRepeatable: true } as const;

/** Of kafka-console-consumer. */
export const options: readonly Option[] = [
  bootstrapServer,
  { name: "topic", kind: "text", value: "TOPIC", description: "What to read." },
  {
    name: "include",
    kind: "text",
    value: "REGEX",
    description: "Read every topic whose whole name this regular expression matches.",
  },
  { name: "partition", kind: "integer", description: "Read only this partition of the topic." },
  {
    name: "offset",
    kind: "text",
    value: "OFFSET",
    description: "Where to begin in the partition: a number, earliest, or latest (the default).",
  },
  {
    name: "from-beginning",
    kind: "flag",
    description: "Begin with the oldest record, unless the group has committed an offset.",
  },
  { name: "group", kind: "text", value: "GROUP", description: "Read as a member of this group." },
  { name: "max-messages", kind: "integer", description: "End after so many records." },
  {
    name: "timeout-ms",
    kind: "integer",
    description: "End when no record came for so many milliseconds.",
  },
  {
    name: "isolation-level",
    kind: "text",
    value: "LEVEL",
    description: "read_uncommitted (the default) or read_committed.",
  },
  {
    name: "formatter",
    kind: "text",
    value: "CLASS",
    description:
      "How records are printed: org.apache.kafka.tools.consumer.DefaultMessageFormatter, NoOpMessageFormatter, OffsetsMessageFormatter or GroupMetadataMessageFormatter.",
  },
  {
    name: "formatter-property",
    ...property,
    description:
      "Of the default formatter: print.timestamp, print.partition, print.offset, print.epoch, print.headers, print.key, print.value, key.separator, line.separator, headers.separator, null.literal, key.deserializer, value.deserializer, headers.deserializer.",
  },
  { name: "property", ...property, description: "Deprecated: --formatter-property." },
  { name: "formatter-config", ...config, description: "A file with formatter properties." },
  {
    name: "key-deserializer",
    kind: "text",
    value: "CLASS",
    description: "What keys are: a class of org.apache.kafka.common.serialization.",
  },
  {
    name: "value-deserializer",
    kind: "text",
    value: "CLASS",
    description: "What values are: a class of org.apache.kafka.common.serialization.",
  },
  {
    name: "skip-message-on-error",
    kind: "flag",
    description: "Go on after a record that cannot be printed.",
  },
  {
    name: "enable-systest-events",
    kind: "flag",
    description: "Print shutdown_complete at the end.",
  },
  {
    name: "command-property",
    ...property,
    description: "A setting of the consumer: auto.offset.reset, group.id, enable.auto.commit, ...",
  },
  { name: "consumer-property", ...property, description: "Deprecated: --command-property." },
  { name: "command-config", ...config, description: "A file with settings of the consumer." },
  { name: "consumer.config", ...config, description: "Deprecated: --command-config." },
];
