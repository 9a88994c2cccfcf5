/** A log as it was when its directory was closed in order. */
export interface CleanLog {
  readonly topicId: string;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly latestEpoch: number;
  /** Of the segment that was appended to, and its bytes. */
  readonly activeBase: number;
  readonly activeBytes: number;
  readonly totalBytes: number;
}

/**
 * Our own file beside Kafka's checkpoints: what a start has to know of each log, so that it need not
 * open one before somebody asks for it. It is there only between a shutdown in order and the next
 * start, and `seal` tells whether anybody else has been at the directory meanwhile.
 */
export const CLEAN_LOGS_FILE = "odradek-clean-logs";

const VERSION = "1";

export function formatCleanLogs(logs: ReadonlyMap<string, CleanLog>, seal: number): string {
  const lines = [`${VERSION} ${seal} ${logs.size}`];
  for (const [name, log] of logs) {
    const { topicId, startOffset, endOffset, latestEpoch } = log;
    const { activeBase, activeBytes, totalBytes } = log;
    lines.push(
      `${name} ${topicId} ${startOffset} ${endOffset} ${latestEpoch} ${activeBase} ${activeBytes} ${totalBytes}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** By `<topic>-<partition>`; none if it is of another time, or not whole. */
export function parseCleanLogs(text: string, seal: number): Map<string, CleanLog> {
  const logs = new Map<string, CleanLog>();
  const [head, ...lines] = text.split("\n");
  const [version, sealed, count] = head?.split(" ") ?? [];
  if (version !== VERSION || sealed !== String(seal)) return logs;
  for (const line of lines) {
    const [name, topicId, ...numbers] = line.split(" ");
    if (name === undefined || topicId === undefined || numbers.length !== 6) continue;
    const [startOffset = 0, endOffset = 0, latestEpoch = -1, ...sizes] = numbers.map(Number);
    const [activeBase = 0, activeBytes = 0, totalBytes = 0] = sizes;
    logs.set(name, {
      topicId,
      startOffset,
      endOffset,
      latestEpoch,
      activeBase,
      activeBytes,
      totalBytes,
    });
  }
  return logs.size === Number(count) ? logs : new Map();
}
