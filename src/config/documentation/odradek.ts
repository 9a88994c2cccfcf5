/** What Kafka has no name for. */
export const odradekDocumentation: Readonly<Record<string, string>> = {
  "odradek.clamp.replication.factor":
    "Whether a topic that asks for more replicas than there are brokers gets as many as there are, instead of an error.",
  "odradek.cluster.id": "The cluster's id, for a data directory that has none yet.",
  "odradek.log.level": "From which level on the broker's own log is written.",
  "odradek.max.open.files": "How many files are open at once at most.",
  "odradek.partial.frame.timeout.ms":
    "How long the rest of a request may take to arrive before its connection is closed.",
  "odradek.tail.cache.bytes": "How many of the newest bytes of all logs are kept in memory.",
  "odradek.validate.compressed.batches":
    "Whether the records of each compressed batch are inflated and checked as they are produced, as Kafka does; else only where a topic's settings need it. It costs one to four seconds of CPU per gigabyte.",
};
