import { KafkaError } from "../../protocol/errors.ts";
import { javaText } from "../tool/java-errors.ts";
import { type Command, type CommandContext, CommandError } from "./command.ts";
import { changesOf } from "./configs/changes.ts";
import { checkedEntities, type Entities } from "./configs/entities.ts";
import { options } from "./configs/options.ts";
import { alterQuotas, hasQuotas, showQuotas } from "./configs/quotas.ts";
import { alterResource, showResources, singular } from "./configs/resources.ts";

export const command: Command = {
  name: "configs",
  summary: "Shows and changes settings of topics, brokers, groups and others, and quotas.",
  standsFor: "kafka-configs",
  options,
  async run(context) {
    const entities = await checkedEntities(context.options);
    try {
      if (context.options.has("alter")) await alter(context, entities);
      else await show(context, entities);
      return 0;
    } catch (error) {
      if (error instanceof CommandError) throw error;
      const line = `'${context.options.words.join(" ")}'`;
      throw new CommandError(
        `Error while executing config command with args ${line}\n${traceOf(error)}`,
        { cause: error },
      );
    }
  },
  refuse(message, { complain }) {
    complain(`${message}\n`);
    return 1;
  },
};

/** What Kafka's tool prints first of the error that stopped it. */
function traceOf(error: unknown): string {
  const carried = error instanceof KafkaError ? "java.util.concurrent.ExecutionException: " : "";
  return `${carried}${javaText(error)}`;
}

async function show(context: CommandContext, entities: Entities): Promise<void> {
  const { options: given, print, complain } = context;
  const work = { client: await context.connect(), options: given, print, complain };
  if (hasQuotas(entities.types[0] ?? "")) await showQuotas(work, entities);
  else await showResources(work, entities);
}

async function alter(context: CommandContext, entities: Entities): Promise<void> {
  const changes = await changesOf(context);
  const client = await context.connect();
  const [type = ""] = entities.types;
  const [name = ""] = entities.names;
  if (hasQuotas(type)) await alterQuotas(client, entities, changes);
  else await alterResource(client, entities, changes);
  context.print(
    name === ""
      ? `Completed updating default config for ${type} in the cluster.\n`
      : `Completed updating config for ${singular(type)} ${name}.\n`,
  );
}
