import type { Assignor } from "./assignor.ts";
import { assignHeterogeneous } from "./uniform-heterogeneous.ts";
import { assignHomogeneous } from "./uniform-homogeneous.ts";

/** Every member gets as many partitions as any other, and keeps of its old ones what it can. */
export const uniformAssignor: Assignor = {
  name: "uniform",

  assign(group) {
    if (group.members.length === 0) return new Map();
    return group.isHomogeneous ? assignHomogeneous(group) : assignHeterogeneous(group);
  },
};
