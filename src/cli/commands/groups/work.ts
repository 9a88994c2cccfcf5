import type { ClusterClient } from "../../../client/cluster-client.ts";
import { javaText } from "../../tool/java-errors.ts";
import type { CommandContext } from "../command.ts";

/** What the parts of this command work with. */
export interface Work extends Pick<CommandContext, "options" | "print" | "complain"> {
  readonly client: ClusterClient;
}

/** Says what went wrong where Kafka's tool says it: among the output, unless that is for programs. */
export function printError({ options, print, complain }: Omit<Work, "client">, text: string): void {
  const say = options.has("json") ? complain : print;
  say(`\nError: ${text}\n`);
}

/**
 * Words an error as Kafka's tool does where one Java exception carries another.
 *
 * @throws Error
 */
export async function wrapping<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const text = `java.util.concurrent.ExecutionException: ${javaText(error)}`;
    throw new Error(text, { cause: error });
  }
}

/** As {@link wrapping}, where the error itself is shown without its exception's name. */
export async function unwrapping<Value>(work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new Error(text, { cause: error });
  }
}
