import type { BrokerConfig } from "./broker-config.ts";
import { ConfigError } from "./config-error.ts";
import { connectionsByAddress } from "./connection-overrides.ts";
import { camelCase } from "./names.ts";
import { topicSettings } from "./settings/topic.ts";
import { inheritedText } from "./topic-synonyms.ts";

/** So many threads become at most twice as many at a time, and at least half as many. */
const threads: readonly string[] = [
  "background.threads",
  "log.cleaner.threads",
  "num.io.threads",
  "num.network.threads",
  "num.recovery.threads.per.data.dir",
  "num.replica.fetchers",
  "remote.log.manager.copier.thread.pool.size",
  "remote.log.manager.expiration.thread.pool.size",
  "remote.log.manager.follower.thread.pool.size",
  "remote.log.reader.threads",
];

const DEDUPE_BYTES_PER_THREAD = 1024 * 1024;
const UNLIMITED = -1;
const AS_RETENTION = -2;

/**
 * Settings that are right each for itself and cannot be together, by KafkaConfig's rules.
 *
 * @throws ConfigError
 */
export function checkBrokerConflicts(broker: BrokerConfig): void {
  checkLogs(broker);
  checkConnections(broker);
  checkAssignmentIntervals(broker);
  const strange = broker.cordonedLogDirs.filter((path) => !(broker.logDirs ?? []).includes(path));
  if (strange.length > 0) refuse(`cordoned.log.dirs names ${strange.join(", ")}, not in log.dirs`);
}

/**
 * What cannot follow on what holds now, by the rules of the parts of Kafka that are reconfigured.
 *
 * @throws ConfigError
 */
export function checkReconfiguration(next: BrokerConfig, now: BrokerConfig): void {
  checkBrokerConflicts(next);
  checkRemoteLogs(next);
  for (const name of ["max.connections", "max.connection.creation.rate"]) {
    if (numberOf(next, name) === 0)
      refuse(`${name} must be at least 1: nobody could change it back`);
  }
  for (const name of threads) checkThreads(name, numberOf(next, name), numberOf(now, name));
}

function checkThreads(name: string, next: number, now: number): void {
  if (next === now) return;
  if (next < 1) refuse(`${name} must be at least 1, not ${next}`);
  if (next < Math.floor(now / 2)) refuse(`${name} must be at least half of ${now}, not ${next}`);
  if (next > now * 2) refuse(`${name} must be at most twice ${now}, not ${next}`);
}

function checkLogs(next: BrokerConfig): void {
  if (milliseconds(next, "segment.ms") < 1) refuse("log.roll.ms must be at least 1");
  if (milliseconds(next, "segment.jitter.ms") < 0) refuse("log.roll.jitter.ms must be at least 0");
  if (milliseconds(next, "retention.ms") === 0) {
    refuse("log.retention.ms must be at least 1, or -1 for no limit");
  }
  const { logCleanerDedupeBufferSize, logCleanerThreads } = next;
  if (Math.floor(logCleanerDedupeBufferSize / logCleanerThreads) <= DEDUPE_BYTES_PER_THREAD) {
    refuse("log.cleaner.dedupe.buffer.size must be more than 1 MiB per cleaner thread");
  }
}

/** Kafka compares these whether or not there is remote storage. */
function checkRemoteLogs(next: BrokerConfig): void {
  const retentionMs = Math.max(UNLIMITED, milliseconds(next, "retention.ms"));
  const { logRetentionBytes, logLocalRetentionMs, logLocalRetentionBytes } = next;
  checkLocal("log.local.retention.ms", logLocalRetentionMs, retentionMs);
  checkLocal("log.local.retention.bytes", logLocalRetentionBytes, logRetentionBytes);
  const localMs = logLocalRetentionMs === AS_RETENTION ? retentionMs : logLocalRetentionMs;
  const localBytes =
    logLocalRetentionBytes === AS_RETENTION ? logRetentionBytes : logLocalRetentionBytes;
  checkLag("log.remote.copy.lag.ms", next.logRemoteCopyLagMs, localMs);
  checkLag("log.remote.copy.lag.bytes", next.logRemoteCopyLagBytes, localBytes);
}

function checkLocal(name: string, local: number, retention: number): void {
  if (retention <= UNLIMITED || local === AS_RETENTION) return;
  if (local === UNLIMITED || local > retention) {
    refuse(`${name} must be at most ${retention}, as that is all that is kept, not ${local}`);
  }
}

function checkLag(name: string, lag: number, local: number): void {
  if (lag > 0 && local >= 0 && lag > local) {
    refuse(`${name} must be at most ${local}, as that is all that is kept here, not ${lag}`);
  }
}

function checkConnections({
  maxConnectionsPerIp,
  maxConnectionsPerIpOverrides,
}: BrokerConfig): void {
  const overrides = connectionsByAddress(maxConnectionsPerIpOverrides);
  if (maxConnectionsPerIp === 0 && overrides.size === 0) {
    refuse("max.connections.per.ip must not be 0 without max.connections.per.ip.overrides");
  }
}

function checkAssignmentIntervals(next: BrokerConfig): void {
  for (const kind of ["consumer", "share", "streams"]) {
    const name = `group.${kind}.assignment.interval.ms`;
    const value = numberOf(next, name);
    const min = numberOf(next, `group.${kind}.min.assignment.interval.ms`);
    const max = numberOf(next, `group.${kind}.max.assignment.interval.ms`);
    if (value < min || value > max) refuse(`${name} must be from ${min} to ${max}, not ${value}`);
  }
}

/** What holds for topics without a word of their own; a broker has several names for it. */
function milliseconds(broker: BrokerConfig, topicSetting: keyof typeof topicSettings): number {
  return Number(inheritedText(broker, topicSetting, topicSettings[topicSetting]));
}

function numberOf(broker: BrokerConfig, name: string): number {
  return Number((broker as unknown as Readonly<Record<string, unknown>>)[camelCase(name)]);
}

function refuse(message: string): never {
  throw new ConfigError(message);
}
