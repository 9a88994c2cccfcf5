import type { Fate } from "./faulty-disk.ts";
import { seededRandom } from "./random.ts";

/** Small ones, for small files: of a real disk's there would never be more than one. */
const PAGE_BYTES = 64;

type Loss = (page: Buffer, synced: Buffer, random: () => number) => Buffer;

const losses: readonly Loss[] = [
  (page) => page,
  (page) => Buffer.alloc(page.length),
  (page, _synced, random) => Buffer.from(page.map(() => Math.floor(random() * 256))),
  // What was there before it was overwritten.
  (page, synced) => Buffer.concat([synced, Buffer.alloc(page.length)]).subarray(0, page.length),
  (page, _synced, random) => flipped(page, random),
];

/**
 * A power cut after which a file has what was synced, and of what was not: all, nothing, a part, zeros,
 * garbage, or some pages of each. Files whose names were not synced may be gone.
 */
export function pageCacheLoss(seed: number): Fate {
  const random = seededRandom(seed);
  return (synced, written, _path, isNamed) => {
    if (!isNamed && random() < 0.3) return undefined;
    if (random() < 0.2) return synced;
    const longest = Math.max(synced.length, written.length);
    const shortest = commonBytes(synced, written);
    const size = random() < 0.5 ? written.length : shortest + pick(longest - shortest + 1, random);
    const only = random() < 0.5 ? losses[pick(losses.length, random)] : undefined;
    const left = [synced.subarray(0, Math.min(shortest, size))];
    for (let at = shortest; at < size; ) {
      const end = Math.min(size, at + PAGE_BYTES - (at % PAGE_BYTES));
      const page = Buffer.alloc(end - at);
      written.copy(page, 0, at, end);
      const loss = only ?? losses[pick(losses.length, random)];
      left.push(loss?.(page, synced.subarray(at, end), random) ?? page);
      at = end;
    }
    return Buffer.concat(left);
  };
}

/** How far both are the same: nothing was done there, so nothing can be lost. */
function commonBytes(one: Buffer, other: Buffer): number {
  const most = Math.min(one.length, other.length);
  let at = 0;
  while (at < most && one[at] === other[at]) at += 1;
  return at;
}

function pick(count: number, random: () => number): number {
  return Math.floor(random() * count);
}

function flipped(page: Buffer, random: () => number): Buffer {
  const made = Buffer.from(page);
  const at = pick(page.length, random);
  made[at] = (made[at] ?? 0) ^ (1 << pick(8, random));
  return made;
}
