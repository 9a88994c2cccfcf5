import type { MetricsClient } from "../telemetry/client-metrics/client-metrics.ts";
import type { RequestContext } from "./handler.ts";

/** Who sends a request, under the names by which subscriptions to metrics match clients. */
export function metricsClient(context: RequestContext): MetricsClient {
  const { clientId, clientHost, lifetime, peer } = context;
  const attributes: (readonly [string, string | undefined])[] = [
    ["client_id", clientId ?? undefined],
    ["client_software_name", peer?.softwareName],
    ["client_software_version", peer?.softwareVersion],
    ["client_source_address", clientHost.slice(1)],
    ["client_source_port", peer === undefined ? undefined : String(peer.port)],
  ];
  const known = attributes.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return { attributes: new Map(known as [string, string][]), lifetime };
}
