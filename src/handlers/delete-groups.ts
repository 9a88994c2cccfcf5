import { ErrorCode } from "../protocol/errors.ts";
import { deleteGroups } from "../protocol/generated/delete-groups.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * DeleteGroups removes groups without members, with their committed offsets.
 *
 * v3  an error message, which Kafka leaves null for classic groups
 */
export const deleteGroupsHandler: Handler = defineHandler({
  api: deleteGroups,

  async handle(request, context, { groups }) {
    // A group named twice is deleted, and answered, once.
    const results = [...new Set(request.groupsNames)].map(async (groupId) => ({
      groupId,
      errorCode: context.may("delete", "group", groupId)
        ? await groups.deleteGroup(groupId)
        : ErrorCode.GROUP_AUTHORIZATION_FAILED,
    }));
    return { throttleTimeMs: 0, results: await Promise.all(results) };
  },
});
