/**
 * Names of Kafka's that 4.4 no longer has: dev stacks and compose files still carry them. Families
 * by prefix, the rest by name.
 */
const formerFamilies = /^(zookeeper|password\.encoder|kafka\.metrics)\./;

const former: ReadonlySet<string> = new Set([
  "advertised.host.name",
  "advertised.port",
  "auto.include.jmx.reporter",
  "broker.id.generation.enable",
  "control.plane.listener.name",
  "controlled.shutdown.max.retries",
  "controlled.shutdown.retry.backoff.ms",
  "delegation.token.master.key",
  "eligible.leader.replicas.enable",
  "host.name",
  "inter.broker.protocol.version",
  "leader.imbalance.per.broker.percentage",
  "log.cleaner.enable",
  "log.message.downconversion.enable",
  "log.message.format.version",
  "log.message.timestamp.difference.max.ms",
  "offsets.commit.required.acks",
  "port",
  "quota.consumer.default",
  "quota.producer.default",
  "reserved.broker.max.id",
]);

/** A name that means something to some Kafka, but nothing here. */
export function isForeign(name: string): boolean {
  return former.has(name) || formerFamilies.test(name);
}

/** Keys that are given per SASL mechanism: `listener.name.<listener>.<mechanism>.<key>`. */
const perMechanism =
  /^(?:[^.]+)\.(sasl\.jaas\.config|sasl\.login\.[a-z.]+|sasl\.server\.callback\.handler\.class|connections\.max\.reauth\.ms)$/;

/** `listener.name.<listener>.<name>` without its prefixes; any other name as it is. */
export function baseName(name: string): string {
  const own = /^listener\.name\.[^.]+\.(.+)$/.exec(name)?.[1];
  if (own === undefined) return name;
  return perMechanism.exec(own)?.[1] ?? own;
}
