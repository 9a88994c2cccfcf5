import { boolean, int, LOW, list, long, MEDIUM, text } from "../setting.ts";

/** What a group may say about itself. */
export const groupSettings = {
  "consumer.assignment.interval.ms": int(1000, MEDIUM, { min: 0 }),
  "consumer.assignor.offload.enable": boolean(true, MEDIUM, { internal: true }),
  "consumer.heartbeat.interval.ms": int(5000, MEDIUM, { min: 1 }),
  "consumer.session.timeout.ms": int(45_000, MEDIUM, { min: 1 }),
  "errors.deadletterqueue.copy.record.enable": boolean(false, MEDIUM),
  "errors.deadletterqueue.topic.name": text("", MEDIUM),
  "share.assignment.interval.ms": int(1000, MEDIUM, { min: 0 }),
  "share.assignor.offload.enable": boolean(true, MEDIUM, { internal: true }),
  "share.auto.offset.reset": text("latest", MEDIUM, { offsetReset: true }),
  "share.delivery.count.limit": int(5, MEDIUM, { min: 2 }),
  "share.heartbeat.interval.ms": int(5000, MEDIUM, { min: 1 }),
  "share.isolation.level": text("read_uncommitted", MEDIUM, {
    oneOf: ["read_committed", "read_uncommitted"],
  }),
  "share.partition.max.record.locks": int(2000, MEDIUM, { min: 100 }),
  "share.record.lock.duration.ms": int(30_000, MEDIUM, { min: 1000 }),
  "share.renew.acknowledge.enable": boolean(true, MEDIUM),
  "share.session.timeout.ms": int(45_000, MEDIUM, { min: 1 }),
  "streams.acceptable.recovery.lag": long(10_000, MEDIUM, { min: 0, internal: true }),
  "streams.assignment.interval.ms": int(1000, MEDIUM, { min: 0 }),
  "streams.assignor.name": text(undefined, MEDIUM),
  "streams.assignor.offload.enable": boolean(true, MEDIUM, { internal: true }),
  "streams.heartbeat.interval.ms": int(5000, MEDIUM, { min: 1 }),
  "streams.initial.rebalance.delay.ms": int(3000, MEDIUM, { min: 0 }),
  "streams.num.standby.replicas": int(0, MEDIUM, { min: 0 }),
  "streams.num.warmup.replicas": int(2, MEDIUM, { min: 0, internal: true }),
  "streams.rack.aware.assignment.tags": list([], LOW, { noEmptyElements: true }),
  "streams.session.timeout.ms": int(45_000, MEDIUM, { min: 1 }),
  "streams.task.offset.interval.ms": int(60_000, MEDIUM, { min: 1, internal: true }),
};
