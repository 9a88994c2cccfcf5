import { ImageCatalog } from "../../../src/coordinator/group/consumer/image-catalog.ts";
import { GroupCoordinator } from "../../../src/coordinator/group/group-coordinator.ts";
import { joinGroupHandler } from "../../../src/handlers/join-group.ts";
import { syncGroupHandler } from "../../../src/handlers/sync-group.ts";
import { joinGroup } from "../../../src/protocol/generated/join-group.ts";
import { syncGroup } from "../../../src/protocol/generated/sync-group.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { ask, type May, type SmallBroker, smallBroker } from "../../handlers/support.ts";
import { defaultSettings } from "./group-world.ts";
import { MemoryInternalTopic } from "./memory-internal-topic.ts";

/** May do anything but touch groups. */
export const NO_GROUPS: May = (_, type) => type !== "group";

/** A broker with the topic "orders" and a coordinator whose records are kept in memory. */
export interface GroupBroker extends SmallBroker {
  readonly ordersId: string;
}

export async function groupBroker(): Promise<GroupBroker> {
  const broker = await smallBroker();
  const { controller, clock } = broker;
  const { id: ordersId } = await controller.autoCreate("orders");
  const offsetsTopic = new MemoryInternalTopic(1);
  const ensureRecords = offsetsTopic.ensure.bind(offsetsTopic);
  offsetsTopic.ensure = async () => {
    await controller.autoCreate("__consumer_offsets");
    await ensureRecords();
  };
  const groups = new GroupCoordinator({
    offsetsTopic,
    topics: new ImageCatalog(() => controller.image),
    groupConfigs: (groupId) => controller.image.groupConfigs(groupId),
    clock,
    random: Math.random,
    logger: silentLogger,
    config: defaultSettings,
  });
  return { ...broker, ordersId, services: { ...broker.services, groups } };
}

export const joinRequest = {
  groupId: "g",
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  memberId: "",
  protocolType: "consumer",
  protocols: [{ name: "range", metadata: Buffer.from("m") }],
};

/** Makes group "g" stable with one member. */
export async function stableMember(
  broker: GroupBroker,
): Promise<{ memberId: string; generationId: number }> {
  await broker.services.groups.ensureTopic();
  const joined = await ask(joinGroupHandler, joinGroup, joinRequest, { broker, version: 3 });
  const { memberId, generationId } = joined;
  const assignments = [{ memberId, assignment: Buffer.from("a") }];
  const sync = { groupId: "g", generationId, memberId, assignments };
  await ask(syncGroupHandler, syncGroup, sync, { broker, version: 4 });
  return { memberId, generationId };
}

export function commitOf(topic: { name?: string; topicId?: string }, partitionIndex = 0) {
  return {
    ...topic,
    partitions: [{ partitionIndex, committedOffset: 3, committedMetadata: "m" }],
  };
}
