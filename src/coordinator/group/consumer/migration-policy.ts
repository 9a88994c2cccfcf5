/** What `group.consumer.migration.policy` allows. A word that is none allows nothing, as in Kafka. */
export function isUpgradeEnabled(policy: string): boolean {
  const name = policy.toLowerCase();
  return name === "bidirectional" || name === "upgrade";
}

export function isDowngradeEnabled(policy: string): boolean {
  const name = policy.toLowerCase();
  return name === "bidirectional" || name === "downgrade";
}

/** Members of the classic protocol may join a group that has members. */
export function isMixingEnabled(policy: string): boolean {
  return isUpgradeEnabled(policy) || isDowngradeEnabled(policy);
}
