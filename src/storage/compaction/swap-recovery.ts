import type { Logger } from "../../telemetry/logger.ts";
import type { Disk } from "../fs.ts";
import type { LogFiles } from "../log-files.ts";

const SWAP = ".swap";
const CLEANED = ".cleaned";
/** Files that were being removed or replaced. */
const LEFTOVERS = [".deleted", ".tmp"];
const OF_A_SEGMENT = /^\d{20}\./;

/**
 * Puts the files of a partition in order after a crash between any two steps of SegmentSwap, or of
 * Kafka's own (LogLoader): a segment whose files have all become `.swap` files takes its place, one
 * that has a `.cleaned` file left is thrown away. Doing it again after another crash does the same.
 *
 * @returns the names that are there afterwards.
 */
export function recoverSwaps(options: {
  readonly disk: Disk;
  readonly files: LogFiles;
  readonly logger: Logger;
}): readonly string[] {
  const { disk, files, logger } = options;
  const { directory } = files;
  const names = new Set(disk.listSync(directory));
  const remove = (name: string) => {
    names.delete(name);
    disk.removeSync(`${directory}/${name}`);
  };
  const ending = (suffix: string) => [...names].filter((name) => name.endsWith(suffix));
  for (const name of LEFTOVERS.flatMap(ending)) remove(name);
  // A .cleaned file says that its segment, or one made together with it, is not complete: the .swap
  // files go first, so that it goes on saying so.
  const incomplete = Math.min(...ending(CLEANED).map(offsetOf));
  for (const name of ending(SWAP)) if (offsetOf(name) >= incomplete) remove(name);
  for (const name of ending(CLEANED)) remove(name);
  const swapped = ending(`.log${SWAP}`).map(offsetOf);
  if (swapped.length > 0) {
    logger.info(`${directory}: segments that were being replaced are`, { offsets: swapped });
  }
  const ends = swapped.map((offset) => endOf(files, offset));
  const [from, upTo] = [Math.min(...swapped), Math.max(...ends)];
  for (const name of names) {
    if (!OF_A_SEGMENT.test(name) || name.endsWith(SWAP)) continue;
    if (offsetOf(name) >= from && offsetOf(name) < upTo) remove(name);
  }
  for (const name of ending(SWAP)) {
    const to = name.slice(0, -SWAP.length);
    disk.renameSync(`${directory}/${name}`, `${directory}/${to}`);
    names.delete(name);
    names.add(to);
  }
  return [...names];
}

function offsetOf(name: string): number {
  return Number.parseInt(name, 10);
}

/** The offset behind the last batch of a segment that is about to take its place. */
function endOf(files: LogFiles, baseOffset: number): number {
  const segment = files.newSegment(baseOffset, 0, SWAP);
  segment.adopt();
  const endOffset = segment.readEndOffset();
  segment.close();
  return endOffset;
}
