import type { Option } from "../command.ts";
import { bootstrapController, bootstrapServer, commandConfig } from "../common-options.ts";

const flag = (name: string, description: string): Option => ({ name, kind: "flag", description });
const text = (name: string, value: string, description: string): Option => ({
  name,
  kind: "text",
  value,
  description,
});

/** The flags of kafka-configs. */
export const options: readonly Option[] = [
  bootstrapServer,
  bootstrapController,
  commandConfig,
  flag("describe", "Shows settings."),
  flag("alter", "Changes settings."),
  flag("all", "With --describe: every setting, not only those that were set at run time."),
  {
    ...text("entity-type", "TYPE", "topics, brokers, clients, users, ips and the like."),
    isRepeatable: true,
  },
  {
    ...text("entity-name", "NAME", "A topic, the id of a broker, and so on."),
    isRepeatable: true,
  },
  flag("entity-default", "The default of clients, users, brokers or ips."),
  text("add-config", "NAME=VALUE,...", "Settings; a value with commas in square brackets."),
  text("add-config-file", "FILE", "A properties file with settings."),
  {
    ...text("delete-config", "NAME,...", "Settings that are set no more."),
    isRepeatable: true,
  },
  text("topic", "NAME", "A topic."),
  text("client", "ID", "A client, by its id."),
  flag("client-defaults", "What holds for clients by default."),
  text("user", "NAME", "A user."),
  flag("user-defaults", "What holds for users by default."),
  text("broker", "ID", "A broker."),
  flag("broker-defaults", "What holds for all brokers."),
  text("broker-logger", "ID", "The loggers of a broker."),
  text("ip", "ADDRESS", "An address that connects."),
  flag("ip-defaults", "What holds for addresses by default."),
  text("client-metrics", "NAME", "A subscription to metrics of clients."),
  text("group", "ID", "A group."),
];
