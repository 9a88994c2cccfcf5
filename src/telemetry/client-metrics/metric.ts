/** One metric of a client, as it was last pushed. */
export interface ClientMetric {
  readonly name: string;
  readonly unit: string;
  readonly kind: "gauge" | "sum" | "histogram" | "summary";
  readonly points: readonly MetricPoint[];
}

export interface MetricPoint {
  readonly attributes: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch; 0 if the client did not say. */
  readonly timeMs: number;
  /** The number itself; of a histogram or summary the sum of what was seen. */
  readonly value: number;
  /** How much was seen; only of a histogram or summary. */
  readonly count?: number;
}

/** The newest that a client pushed. */
export interface ReceivedMetrics {
  readonly clientInstanceId: string;
  /** Under the names by which subscriptions match clients: `client_id`, `client_software_name`, … */
  readonly attributes: ReadonlyMap<string, string>;
  /** When it came, milliseconds since the epoch. */
  readonly receivedMs: number;
  /** The client said that it ends. */
  readonly isLast: boolean;
  readonly metrics: readonly ClientMetric[];
}
