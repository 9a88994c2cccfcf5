import { ErrorCode } from "../protocol/errors.ts";
import { listPartitionReassignments } from "../protocol/generated/list-partition-reassignments.ts";
import { asRefusal, checkClusterRight, messageOf } from "./cluster-rights.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * ListPartitionReassignments tells which partitions are being moved (KIP-455): none, for what may be
 * asked of one broker is done at once (see cluster/reassignment.ts).
 *
 * v0  the only version
 */
export const listPartitionReassignmentsHandler: Handler = defineHandler({
  api: listPartitionReassignments,

  handle(_request, context) {
    try {
      checkClusterRight(context, "describe");
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: null, topics: [] };
    } catch (error) {
      const refusal = asRefusal(error);
      return {
        throttleTimeMs: 0,
        errorCode: refusal.code,
        errorMessage: messageOf(refusal),
        topics: [],
      };
    }
  },
});
