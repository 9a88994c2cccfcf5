import type { Clock } from "../../time/clock.ts";

/** A line as Kafka's tools log it on standard error: the time here, level, text, who says it. */
export function logLine(
  clock: Clock,
  level: "WARN" | "ERROR",
  [text, logger]: [string, string],
): string {
  return `[${localTime(new Date(clock.now()))}] ${level} ${text} (${logger})\n`;
}

function localTime(at: Date): string {
  const date = [at.getFullYear(), at.getMonth() + 1, at.getDate()].map(padded).join("-");
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(padded).join(":");
  return `${date} ${time},${String(at.getMilliseconds()).padStart(3, "0")}`;
}

function padded(part: number): string {
  return String(part).padStart(2, "0");
}
