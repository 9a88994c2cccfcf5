import { listGroups } from "../protocol/generated/list-groups.ts";
import { CLUSTER_NAME } from "./authorized-operations.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * ListGroups lists the groups that this broker coordinates.
 *
 * v4  the state, and a filter by state (KIP-518)
 * v5  the type, and a filter by type (KIP-848); unknown states and types match nothing
 */
export const listGroupsHandler: Handler = defineHandler({
  api: listGroups,

  handle(request, context, { groups }) {
    const response = groups.listGroups(request);
    if (context.may("describe", "cluster", CLUSTER_NAME)) return response;
    const shown = response.groups.filter(({ groupId }) =>
      context.may("describe", "group", groupId),
    );
    return { ...response, groups: shown };
  },
});
