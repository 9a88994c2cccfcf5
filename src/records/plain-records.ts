const INT32_MAX = 2 ** 31 - 1;

/** The times in a batch, relative to its base timestamp; milliseconds. */
export interface TimestampDeltas {
  readonly smallest: number;
  readonly largest: number;
}

/**
 * Walks over the records of a batch that are as nearly all are: no headers, offset deltas that count
 * up from 0, times within a day of the base timestamp, one record at least. Undefined for a batch that
 * is not so, or is broken: then somebody has to look who can say what it is.
 *
 * Every produced record that is not compressed comes through here. In one flat loop over the bytes
 * this takes a third of the time it took varint by varint, which was a quarter of all the work for
 * records of 100 bytes.
 */
export function walkPlain(
  body: Uint8Array,
  recordCount: number,
  needsKeys: boolean,
): TimestampDeltas | undefined {
  const keyBytesMin = needsKeys ? 0 : -1;
  let at = 0;
  let smallest = INT32_MAX;
  let largest = -INT32_MAX;
  // Behind the end there are no bytes: nothing is 0 there.
  for (let i = 0; i < recordCount; i++) {
    const size = shortVarint(body, at);
    at += lengthOf(size);
    const recordEnd = at + unzigzag(size);

    const timestampDelta = shortVarint(body, at + 1);
    at += 1 + lengthOf(timestampDelta);
    if (unzigzag(timestampDelta) > largest) largest = unzigzag(timestampDelta);
    if (unzigzag(timestampDelta) < smallest) smallest = unzigzag(timestampDelta);

    const offsetDelta = shortVarint(body, at);
    at += lengthOf(offsetDelta);

    const keyBytes = shortVarint(body, at);
    at += lengthOf(keyBytes) + Math.max(0, unzigzag(keyBytes));

    const valueBytes = shortVarint(body, at);
    at += lengthOf(valueBytes) + Math.max(0, unzigzag(valueBytes));

    const isShort = (size | timestampDelta | offsetDelta | keyBytes | valueBytes) >= 0;
    const isPlain =
      isShort &&
      unzigzag(offsetDelta) === i &&
      unzigzag(keyBytes) >= keyBytesMin &&
      unzigzag(valueBytes) >= -1 &&
      body[at] === 0 &&
      at + 1 === recordEnd;
    if (!isPlain) return undefined;
    at = recordEnd;
  }
  return at === body.length ? { smallest, largest } : undefined;
}

/** A varint of up to four bytes: 28 bits of it, and in the lowest three its length. -1: it is longer. */
function shortVarint(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number;
  if (first < 0x80) return (first << 3) | 1;
  const second = bytes[at + 1] as number;
  if (second < 0x80) return ((first & 0x7f) << 3) | (second << 10) | 2;
  const third = bytes[at + 2] as number;
  if (third < 0x80) return ((first & 0x7f) << 3) | ((second & 0x7f) << 10) | (third << 17) | 3;
  const fourth = bytes[at + 3] as number;
  if (fourth >= 0x40) return -1;
  const low = ((first & 0x7f) << 3) | ((second & 0x7f) << 10) | ((third & 0x7f) << 17);
  return low | (fourth << 24) | 4;
}

function lengthOf(varint: number): number {
  return varint & 7;
}

/** What a varint says. */
function unzigzag(varint: number): number {
  return (varint >>> 4) ^ -((varint >>> 3) & 1);
}
