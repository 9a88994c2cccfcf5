import { boolean, int, LOW, long, MEDIUM, text } from "../setting.ts";

/** What Kafka has no name for. As with any name that Kafka does not list, described only if given. */
export const odradekSettings = {
  "odradek.clamp.replication.factor": boolean(false, MEDIUM, { internal: true }),
  "odradek.cluster.id": text(undefined, MEDIUM, { internal: true }),
  "odradek.log.level": text("info", LOW, {
    oneOf: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    ignoreCase: true,
    internal: true,
  }),
  "odradek.max.open.files": int(400, LOW, { min: 16, internal: true }),
  "odradek.partial.frame.timeout.ms": long(30_000, LOW, { min: 1, internal: true }),
  "odradek.tail.cache.bytes": long(33_554_432, LOW, { min: 0, internal: true }),
  "odradek.validate.compressed.batches": boolean(false, MEDIUM, { internal: true }),
};
