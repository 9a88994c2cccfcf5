import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareKafka } from "../broker/kafka.ts";
import { prepareOdradek } from "../broker/odradek.ts";
import type { Report } from "../harness/report.ts";
import { prepare } from "../harness/toolchain.ts";
import { javaClient, setScene } from "./scene.ts";
import { type Tool, tools } from "./tools.ts";

export interface ToolChecks {
  readonly report: Report;
  readonly isKafka: boolean;
  /** Another build of Odradek than the present one. */
  readonly main: string | undefined;
  /** A tool that cannot be made to run here is a failure, after an attempt with apt. */
  readonly noSkip: boolean;
  /** Only these tools; all where it is left out. */
  readonly only?: readonly string[] | undefined;
}

/** Plays what each tool sends when it connects and on each of its pages. */
export async function checkTools(asked: ToolChecks): Promise<void> {
  const { report, isKafka, main, noSkip } = asked;
  const chosen = await ready(asked);
  const java = (await prepare(javaClient(), noSkip)) === undefined;
  const directory = await mkdtemp(join(tmpdir(), "odradek-tools-"));
  const broker = isKafka
    ? await prepareKafka(directory)
    : await prepareOdradek(directory, main, { "offsets.topic.num.partitions": "4" });
  const failedBefore = report.failed;
  try {
    await broker.start();
    const scene = await setScene(broker.bootstrap, java);
    for (const tool of chosen) await tool.play(report, scene);
    await scene.leave();
  } finally {
    if (report.failed > failedBefore) report.note(`the broker printed: ${await broker.tail()}`);
    await broker.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

/** The chosen tools that can run here; the others are reported. */
async function ready({ report, noSkip, only }: ToolChecks): Promise<Tool[]> {
  for (const name of only ?? []) {
    if (!tools.some((tool) => tool.name === name)) throw new Error(`no tool ${name}`);
  }
  const chosen: Tool[] = [];
  for (const tool of tools) {
    if (only !== undefined && !only.includes(tool.name)) continue;
    const reason = await prepare(tool, noSkip);
    if (reason === undefined) chosen.push(tool);
    else if (noSkip) report.fail(tool.name, reason);
    else report.skip(tool.name, reason);
  }
  return chosen;
}
