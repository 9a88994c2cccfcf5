import type { Command } from "./command.ts";

type Load = () => Promise<{ readonly command: Command }>;

/** Every command by its name. What a command needs is loaded when it is asked for. */
export const commands: ReadonlyMap<string, Load> = new Map<string, Load>([
  ["topics", () => import("./topics.ts")],
  ["configs", () => import("./configs.ts")],
  ["groups", () => import("./groups.ts")],
  ["produce", () => import("./produce.ts")],
  ["consume", () => import("./consume.ts")],
  ["offsets", () => import("./offsets.ts")],
]);
