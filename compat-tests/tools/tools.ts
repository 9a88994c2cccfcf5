import { join } from "node:path";
import type { Client } from "../harness/clients.ts";
import type { Report } from "../harness/report.ts";
import { playKcat } from "./kcat.ts";
import type { Scene } from "./scene.ts";

/** A tool as people have it: how it is made ready to run, and how its pages are played. */
export interface Tool extends Pick<Client, "name" | "folder" | "tools" | "steps"> {
  play(report: Report, scene: Scene): Promise<void>;
}

const home = import.meta.dirname;

export const tools: readonly Tool[] = [
  {
    name: "kcat",
    folder: join(home, "../kcat"),
    tools: { kcat: "kcat" },
    steps: [],
    play: playKcat,
  },
];
