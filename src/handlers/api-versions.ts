import { ErrorCode } from "../protocol/errors.ts";
import { apiVersions } from "../protocol/generated/api-versions.ts";
import type { Writer } from "../protocol/writer.ts";
import { defineHandler, type Handler, type Services } from "./handler.ts";
import { supportedApis } from "./supported-apis.ts";

const OWN_KEY = apiVersions.key;

const SOFTWARE_NAME = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/**
 * ApiVersions tells which APIs and versions this broker speaks. It is the first thing a client says.
 *
 * v3  the client names its software (KIP-511); features (KIP-584). Features whose lowest version is
 *     0 are told from v4 on only (KIP-1022)
 * v5  the client says which cluster and node it believes to be talking to (KIP-1242)
 */
export const apiVersionsHandler: Handler = defineHandler({
  api: apiVersions,

  handle(request, context, services) {
    if (context.version >= 3) {
      const { clientSoftwareName, clientSoftwareVersion } = request;
      if (!SOFTWARE_NAME.test(clientSoftwareName) || !SOFTWARE_NAME.test(clientSoftwareVersion)) {
        return { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] };
      }
      context.softwareIs(clientSoftwareName, clientSoftwareVersion);
    }
    const { clusterId, nodeId } = request;
    if (context.version >= 5 && !isMeantForUs(clusterId, nodeId, services)) {
      return { errorCode: ErrorCode.REBOOTSTRAP_REQUIRED, apiKeys: [] };
    }
    const { features } = services.image();
    return {
      errorCode: ErrorCode.NONE,
      apiKeys: supportedApis.map(({ key, minVersion, maxVersion }) => ({
        apiKey: key,
        minVersion,
        maxVersion,
      })),
      supportedFeatures: features.supported.filter(
        ({ minVersion }) => context.version >= 4 || minVersion > 0,
      ),
      finalizedFeaturesEpoch: features.epoch,
      finalizedFeatures: features.finalized,
    };
  },
});

function isMeantForUs(clusterId: string | null, nodeId: number, services: Services): boolean {
  const rightCluster = clusterId === null || clusterId === services.image().clusterId;
  return rightCluster && (nodeId === -1 || nodeId === services.nodeId);
}

/**
 * A client that speaks a newer ApiVersions learns, in the oldest layout, which versions we have
 * (KIP-511); it asks again with one of them.
 */
export function unsupportedVersionAnswer(writer: Writer): void {
  const ours = supportedApis.filter(({ key }) => key === OWN_KEY);
  const response = {
    errorCode: ErrorCode.UNSUPPORTED_VERSION,
    apiKeys: ours.map(({ key, minVersion, maxVersion }) => ({
      apiKey: key,
      minVersion,
      maxVersion,
    })),
  };
  apiVersions.encodeResponse(writer, response, 0);
}
