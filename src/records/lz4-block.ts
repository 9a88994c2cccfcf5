/** A length of 15 in a token goes on in the bytes behind it, until one of them is not 255. */
const LENGTH_GOES_ON = 15;
const MATCH_BYTES_MIN = 4;

/**
 * Inflates one LZ4 block, from[start, end), into `into` at `at`. Believes no length and no distance.
 *
 * @returns the position behind what it wrote.
 * @throws RangeError for what is no block, or does not fit.
 */
export function inflateLz4Block(
  from: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
  into: Buffer,
  at: number,
): number {
  const reader = new BlockReader(from, start, end);
  let written = at;
  while (reader.position < end) {
    const token = reader.byte();
    const literals = reader.length(token >> 4);
    if (literals > end - reader.position || literals > into.length - written) throw unfit();
    from.copy(into, written, reader.position, reader.position + literals);
    reader.position += literals;
    written += literals;
    // The last sequence has no match.
    if (reader.position === end) break;
    const distance = reader.byte() + reader.byte() * 256;
    const match = reader.length(token & LENGTH_GOES_ON) + MATCH_BYTES_MIN;
    if (distance === 0 || distance > written || match > into.length - written) throw unfit();
    copyMatch(into, written, distance, match);
    written += match;
  }
  return written;
}

/** A match may reach into what it is writing: then it repeats itself. */
function copyMatch(into: Buffer, at: number, distance: number, count: number): void {
  if (distance >= count) {
    into.copyWithin(at, at - distance, at - distance + count);
    return;
  }
  for (let i = at; i < at + count; i++) into[i] = into[i - distance] as number;
}

class BlockReader {
  readonly #bytes: Buffer;
  readonly #end: number;
  position: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes;
    this.position = start;
    this.#end = end;
  }

  byte(): number {
    if (this.position >= this.#end) throw unfit();
    return this.#bytes[this.position++] as number;
  }

  length(first: number): number {
    if (first < LENGTH_GOES_ON) return first;
    let length = first;
    for (let more = 255; more === 255; length += more) more = this.byte();
    return length;
  }
}

function unfit(): RangeError {
  return new RangeError("an LZ4 block that leads beyond its bounds");
}
