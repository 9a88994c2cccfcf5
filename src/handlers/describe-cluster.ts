import { ErrorCode } from "../protocol/errors.ts";
import {
  type DescribeClusterResponseInput,
  describeCluster,
} from "../protocol/generated/describe-cluster.ts";
import { clusterOperations, OPERATIONS_NOT_ASKED } from "./authorized-operations.ts";
import { defineHandler, type Handler } from "./handler.ts";

/** What a client may ask the addresses of. */
const BROKERS = 1;
const CONTROLLERS = 2;

/**
 * DescribeCluster tells an administrator which brokers there are, and which is the controller.
 *
 * v1  the client says whether it wants brokers or controllers (KIP-919)
 * v2  fenced brokers too, if asked (KIP-1073)
 */
export const describeClusterHandler: Handler = defineHandler({
  api: describeCluster,

  handle(request, context, services) {
    const { endpointType } = request;
    if (endpointType === CONTROLLERS) {
      return refused(
        ErrorCode.MISMATCHED_ENDPOINT_TYPE,
        "this listener is for brokers; controllers have listeners of their own",
      );
    }
    if (endpointType !== BROKERS) {
      return refused(ErrorCode.UNSUPPORTED_ENDPOINT_TYPE, `no endpoint type ${endpointType}`);
    }
    const image = services.image();
    const brokers = [...image.brokers.values()].flatMap(({ id, rack, endpoints, fenced }) => {
      const endpoint = endpoints.get(context.listenerName);
      if (endpoint === undefined || (fenced && !request.includeFencedBrokers)) return [];
      const { host, port } = endpoint;
      return [{ brokerId: id, host, port, rack, isFenced: fenced }];
    });
    const controllerId = image.controllerId();
    return {
      throttleTimeMs: 0,
      errorCode: ErrorCode.NONE,
      errorMessage: null,
      clusterId: image.clusterId,
      // A controller that this listener does not show would only confuse the client.
      controllerId: brokers.some(({ brokerId }) => brokerId === controllerId) ? controllerId : -1,
      brokers,
      clusterAuthorizedOperations: request.includeClusterAuthorizedOperations
        ? clusterOperations(context)
        : OPERATIONS_NOT_ASKED,
    };
  },
});

function refused(errorCode: ErrorCode, errorMessage: string): DescribeClusterResponseInput {
  return {
    throttleTimeMs: 0,
    errorCode,
    errorMessage,
    clusterId: "",
    controllerId: -1,
    brokers: [],
  };
}
