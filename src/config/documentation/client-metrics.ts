/** What the settings of subscriptions to client metrics do. */
export const clientMetricsDocumentation: Readonly<Record<string, string>> = {
  "interval.ms": "How often clients of the subscription send their metrics.",
  match: "Which clients the subscription is for: selectors as name=pattern.",
  metrics: "Which metrics the subscription wants, by the beginnings of their names; * for all.",
};
