import type { ClusterClient } from "../../client/cluster-client.ts";
import type { Command, CommandContext } from "./command.ts";
import { alterTopics, createTopic, deleteMatching } from "./topics/changing.ts";
import { type Action, checkedAction, options } from "./topics/options.ts";
import { listTopics, showTopics } from "./topics/showing.ts";

type Act = (client: ClusterClient, context: CommandContext) => Promise<void>;

const does: Readonly<Record<Action, Act>> = {
  list: listTopics,
  describe: showTopics,
  create: createTopic,
  alter: alterTopics,
  delete: deleteMatching,
};

export const command: Command = {
  name: "topics",
  summary: "Makes, shows, changes and deletes topics.",
  standsFor: "kafka-topics",
  options,
  async run(context) {
    const { options: given, print, complain } = context;
    const action = checkedAction(given);
    if (given.has("delete-config")) complain("--delete-config is not supported any more.\n");
    if (given.has("topic") && given.has("topic-id") && given.has("if-exists")) {
      print(
        "Only topic id will be used when both --topic and --topic-id are specified and topicId is not Uuid.ZERO_UUID\n",
      );
    }
    const client = await context.connect();
    try {
      await does[action](client, context);
      return 0;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      print(`Error while executing topic command : ${reason}\n`);
      return 1;
    }
  },
};
