import type { ClassicGroup } from "./classic/classic-group.ts";
import type { ConsumerGroup } from "./consumer/consumer-group.ts";

/** A group of any protocol: classic, or KIP-848's. */
export type Group = ClassicGroup | ConsumerGroup;
