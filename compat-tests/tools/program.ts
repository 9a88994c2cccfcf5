import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Report } from "../harness/report.ts";
import type { Scene } from "./scene.ts";

const LIMIT_MS = 120_000;

/**
 * Runs a program that plays one tool's pages and prints a line for each: "ok" or "FAIL", a tab, the
 * page, and after another tab how long it took or why it failed. It ends with "done" and the number
 * of pages, so that one that stops in the middle is not taken for a success.
 */
export async function playProgram(
  report: Report,
  tool: string,
  { argv, scene }: { readonly argv: readonly string[]; readonly scene: Scene },
): Promise<void> {
  const [file = "", ...rest] = argv;
  const facts = [scene.bootstrap, String(scene.since), scene.groups.join(",")];
  const child = spawn(file, [...rest, ...facts], { timeout: LIMIT_MS, killSignal: "SIGKILL" });
  let said = "";
  child.stderr.on("data", (text: Buffer) => {
    said = (said + text.toString()).slice(-2000);
  });
  const ended = once(child, "close");
  let pages = 0;
  let announced = -1;
  for await (const line of createInterface({ input: child.stdout })) {
    const [outcome, page = "", reason = ""] = line.split("\t");
    if (outcome === "done") announced = Number(page);
    else if (outcome === "ok" || outcome === "FAIL") {
      pages++;
      if (outcome === "ok") report.pass(`${tool}: ${page} (${reason})`);
      else report.fail(`${tool}: ${page}`, reason);
    } else said += `${line}\n`;
  }
  const [code] = await ended;
  if (announced !== pages) report.fail(`${tool}: all pages`, `it ended with ${code}: ${said}`);
}
