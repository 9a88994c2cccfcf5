/** Tiered storage. */
export const tieredStorageDocumentation: Readonly<Record<string, string>> = {
  "remote.fetch.max.wait.ms": "How long a fetch waits for tiered storage at most.",
  "remote.list.offsets.request.timeout.ms":
    "How long a search for an offset in tiered storage may take.",
  "remote.log.index.file.cache.total.size.bytes":
    "How much disk is used to keep indexes of tiered segments.",
  "remote.log.index.file.cache.ttl.ms": "How long an unused index of a tiered segment is kept.",
  "remote.log.manager.copier.thread.pool.size": "How many threads copy to tiered storage.",
  "remote.log.manager.copy.max.bytes.per.second": "How fast is copied to tiered storage at most.",
  "remote.log.manager.copy.quota.window.num":
    "How many samples the quota for copying to tiered storage remembers.",
  "remote.log.manager.copy.quota.window.size.seconds":
    "How long a sample of the quota for copying to tiered storage is.",
  "remote.log.manager.expiration.thread.pool.size": "How many threads delete from tiered storage.",
  "remote.log.manager.fetch.max.bytes.per.second": "How fast is read from tiered storage at most.",
  "remote.log.manager.fetch.quota.window.num":
    "How many samples the quota for reading from tiered storage remembers.",
  "remote.log.manager.fetch.quota.window.size.seconds":
    "How long a sample of the quota for reading from tiered storage is.",
  "remote.log.manager.follower.thread.pool.size":
    "How many threads do a follower's work on tiered storage.",
  "remote.log.manager.task.interval.ms":
    "How often it is seen what to copy to or delete from tiered storage.",
  "remote.log.manager.task.retry.backoff.max.ms":
    "How long the wait after a failure of tiered storage becomes at most.",
  "remote.log.manager.task.retry.backoff.ms":
    "How long the first wait after a failure of tiered storage is.",
  "remote.log.manager.task.retry.jitter":
    "By which fraction, chosen by chance, the wait after a failure of tiered storage moves.",
  "remote.log.manager.thread.pool.size":
    "How many threads tiered storage has for everything that has none of its own.",
  "remote.log.metadata.custom.metadata.max.bytes":
    "How much a tiered storage plugin may note about a segment.",
  "remote.log.metadata.manager.class.name": "The Java class that knows what tiered storage holds.",
  "remote.log.metadata.manager.class.path": "Where that class is.",
  "remote.log.metadata.manager.impl.prefix":
    "The beginning of the names of that class's own settings.",
  "remote.log.metadata.manager.listener.name":
    "The listener over which that class talks to the broker.",
  "remote.log.reader.max.pending.tasks": "How many reads of tiered storage may wait.",
  "remote.log.reader.threads": "How many threads read from tiered storage.",
  "remote.log.storage.manager.class.name": "The Java class that stores and reads tiered segments.",
  "remote.log.storage.manager.class.path": "Where that class is.",
  "remote.log.storage.manager.impl.prefix":
    "The beginning of the names of that class's own settings.",
  "remote.log.storage.system.enable": "Whether there is tiered storage.",
};
