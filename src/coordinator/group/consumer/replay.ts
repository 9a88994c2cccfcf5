import type { ConsumerGroup } from "./consumer-group.ts";
import type { ConsumerGroupRecord } from "./consumer-record.ts";

/** What a group's target assignment is at once its epoch has been taken away. */
const NO_TARGET = { assignmentEpoch: -1, timestampMs: 0 };

/** Makes a fact true in its group. That the group itself is gone is its owner's to see to. */
export function applyRecord(group: ConsumerGroup, record: ConsumerGroupRecord): void {
  switch (record.type) {
    case "consumer-epoch":
      if (record.value !== null) group.setEpoch(record.value);
      break;
    case "consumer-partition-metadata":
      group.hasPartitionMetadata = record.value !== null;
      break;
    case "consumer-member":
      if (record.value === null) group.removeMember(record.memberId);
      else group.setMetadata(record.memberId, record.value);
      break;
    case "consumer-target-epoch":
      group.setTargetEpoch(record.value ?? NO_TARGET);
      break;
    case "consumer-target":
      group.setTarget(record.memberId, record.value ?? undefined);
      break;
    case "consumer-current":
      if (record.value === null) group.clearCurrent(record.memberId);
      else group.setCurrent(record.memberId, record.value);
      break;
    case "consumer-regex":
      group.setRegex(record.regex, record.value ?? undefined);
      break;
  }
}
