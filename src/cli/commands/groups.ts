import { javaText } from "../tool/java-errors.ts";
import { type Command, type CommandContext, CommandError } from "./command.ts";
import { deleteGiven, deleteOffsets } from "./groups/deleting.ts";
import { showList } from "./groups/listing.ts";
import { type Action, checkedAction, options } from "./groups/options.ts";
import { resetOffsets } from "./groups/resetting.ts";
import { showGroups } from "./groups/showing.ts";
import { printError, type Work } from "./groups/work.ts";

const TIMEOUT_MS = 5000;

type OnCluster = Exclude<Action, "validate-regex">;

const does: Readonly<Record<OnCluster, (work: Work) => Promise<void>>> = {
  list: showList,
  describe: showGroups,
  delete: deleteGiven,
  "reset-offsets": resetOffsets,
  "delete-offsets": deleteOffsets,
};

export const command: Command = {
  name: "groups",
  summary: "Shows groups of consumers, moves their offsets, and deletes them.",
  standsFor: "kafka-consumer-groups",
  options,
  async run(context) {
    const { options: given, complain } = context;
    const action = checkedAction(given, complain);
    if (action === "validate-regex") await validateRegex(context);
    else await onCluster(action, context);
    return 0;
  },
};

/** What goes wrong is printed; the exit code says nothing of it, as in Kafka's tool. */
async function onCluster(action: OnCluster, context: CommandContext): Promise<void> {
  const { options: given, print, complain, connect } = context;
  try {
    const client = await connect({ apiTimeoutMs: given.integer("timeout") ?? TIMEOUT_MS });
    await does[action]({ client, options: given, print, complain });
  } catch (error) {
    if (error instanceof CommandError) throw error;
    printError(context, `Executing consumer group command failed due to ${javaText(error)}`);
  }
}

async function validateRegex({ options: given, print }: CommandContext): Promise<void> {
  const pattern = given.text("validate-regex") ?? "";
  const { RE2JS, RE2JSSyntaxException } = await import("re2js");
  try {
    RE2JS.compile(pattern);
    print(`The regular expression \`${pattern}\` is valid.\n`);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    print(`The regular expression \`${pattern}\` is invalid: ${error.getDescription()}.\n`);
  }
}
