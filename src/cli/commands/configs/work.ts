import type { ClusterClient } from "../../../client/cluster-client.ts";
import type { CommandContext } from "../command.ts";

/** What the parts of this command work with. */
export interface Work extends Pick<CommandContext, "options" | "print" | "complain"> {
  readonly client: ClusterClient;
}
