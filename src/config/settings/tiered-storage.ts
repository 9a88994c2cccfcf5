import { boolean, double, int, LONG_MAX, LOW, long, MEDIUM, text } from "../setting.ts";

/** Tiered storage. */
export const tieredStorageSettings = {
  "remote.fetch.max.wait.ms": int(500, MEDIUM, { min: 1, dynamic: true }),
  "remote.list.offsets.request.timeout.ms": long(30_000, MEDIUM, { min: 1, dynamic: true }),
  "remote.log.index.file.cache.total.size.bytes": long(1_073_741_824, LOW, {
    min: 1,
    dynamic: true,
  }),
  "remote.log.index.file.cache.ttl.ms": long(900_000, LOW, { min: -1, internal: true }),
  "remote.log.manager.copier.thread.pool.size": int(10, MEDIUM, { min: 1, dynamic: true }),
  "remote.log.manager.copy.max.bytes.per.second": long(LONG_MAX, MEDIUM, { min: 1, dynamic: true }),
  "remote.log.manager.copy.quota.window.num": int(11, MEDIUM, { min: 1 }),
  "remote.log.manager.copy.quota.window.size.seconds": int(1, MEDIUM, { min: 1 }),
  "remote.log.manager.expiration.thread.pool.size": int(10, MEDIUM, { min: 1, dynamic: true }),
  "remote.log.manager.fetch.max.bytes.per.second": long(LONG_MAX, MEDIUM, {
    min: 1,
    dynamic: true,
  }),
  "remote.log.manager.fetch.quota.window.num": int(11, MEDIUM, { min: 1 }),
  "remote.log.manager.fetch.quota.window.size.seconds": int(1, MEDIUM, { min: 1 }),
  "remote.log.manager.follower.thread.pool.size": int(2, MEDIUM, { min: 1, dynamic: true }),
  "remote.log.manager.task.interval.ms": long(30_000, LOW, { min: 1 }),
  "remote.log.manager.task.retry.backoff.max.ms": long(30_000, LOW, { min: 1, internal: true }),
  "remote.log.manager.task.retry.backoff.ms": long(500, LOW, { min: 1, internal: true }),
  "remote.log.manager.task.retry.jitter": double(0.2, LOW, { min: 0, max: 0.5, internal: true }),
  "remote.log.manager.thread.pool.size": int(2, MEDIUM, { min: 1 }),
  "remote.log.metadata.custom.metadata.max.bytes": int(128, LOW, { min: 0 }),
  "remote.log.metadata.manager.class.name": text(
    "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager",
    MEDIUM,
    { nonEmpty: true },
  ),
  "remote.log.metadata.manager.class.path": text(undefined, MEDIUM),
  "remote.log.metadata.manager.impl.prefix": text("rlmm.config.", MEDIUM, { nonEmpty: true }),
  "remote.log.metadata.manager.listener.name": text(undefined, MEDIUM, { nonEmpty: true }),
  "remote.log.reader.max.pending.tasks": int(100, MEDIUM, { min: 1 }),
  "remote.log.reader.threads": int(10, MEDIUM, { min: 1, dynamic: true }),
  "remote.log.storage.manager.class.name": text(undefined, MEDIUM, { nonEmpty: true }),
  "remote.log.storage.manager.class.path": text(undefined, MEDIUM),
  "remote.log.storage.manager.impl.prefix": text("rsm.config.", MEDIUM, { nonEmpty: true }),
  "remote.log.storage.system.enable": boolean(false, MEDIUM),
};
