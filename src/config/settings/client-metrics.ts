import { int, list, MEDIUM } from "../setting.ts";

/** A subscription to metrics of clients (KIP-714). */
export const clientMetricsSettings = {
  "interval.ms": int(300_000, MEDIUM),
  match: list([], MEDIUM, { noEmptyElements: true }),
  metrics: list([], MEDIUM, { noEmptyElements: true }),
};
