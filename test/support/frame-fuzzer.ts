import { isDeepStrictEqual } from "node:util";
import {
  decodeRequestHeader,
  decodeResponseHeader,
  responseHeaderVersion,
} from "../../src/protocol/header.ts";
import { DecodeError, Reader } from "../../src/protocol/reader.ts";
import { Writer } from "../../src/protocol/writer.ts";
import { type AnyCodec, allCodecs } from "./codecs.ts";
import { mutate, type Random, randomFrom } from "./frame-mutations.ts";
import { goldenCases } from "./golden-frames.ts";

/** A recorded frame, without its length, and what it is known to be. */
interface Specimen {
  readonly direction: "request" | "response";
  readonly codec: AnyCodec;
  readonly version: number;
  readonly frame: Buffer;
}

export interface FuzzReport {
  readonly frames: number;
  readonly decoded: number;
  readonly refused: number;
  /** API and direction and version pairs that were decoded at least once, whole or not. */
  readonly layouts: number;
  /** The largest estimate of memory taken by a decoded message, per byte of its frame. */
  readonly memoryPerByte: number;
  /** What should not have happened, at most a few. */
  readonly failures: readonly string[];
}

const LENGTH_BYTES = 4;
const FAILURES_KEPT = 5;
const REWRITTEN_ONE_IN = 4;

/**
 * A decoded message may take this many bytes of memory for each byte of its frame: an element of
 * two bytes can become an object of a dozen fields, most of them defaults.
 */
const MEMORY_PER_BYTE_MAX = 64;
/** And this much whatever its frame: the defaults of the fields that are not in it. */
const MEMORY_BASE = 512;

/** Decodes mutations of every recorded frame. The same seed gives the same frames. */
export class FrameFuzzer {
  readonly #specimens: readonly Specimen[];
  readonly #byKey: ReadonlyMap<number, AnyCodec>;
  readonly #random: Random;
  readonly #layouts = new Set<string>();
  readonly #failures: string[] = [];
  #frames = 0;
  #decoded = 0;
  #memoryPerByte = 0;

  constructor(codecs: ReadonlyMap<string, AnyCodec>, seed: number) {
    this.#specimens = specimensFor(codecs);
    this.#byKey = new Map([...codecs.values()].map((codec) => [codec.key, codec]));
    this.#random = randomFrom(seed);
  }

  run(count: number): FuzzReport {
    for (let i = 0; i < count; i++) this.#next();
    return {
      frames: this.#frames,
      decoded: this.#decoded,
      refused: this.#frames - this.#decoded - this.#failures.length,
      layouts: this.#layouts.size,
      memoryPerByte: this.#memoryPerByte,
      failures: this.#failures.slice(0, FAILURES_KEPT),
    };
  }

  #next(): void {
    const random = this.#random;
    // In turn, so that every API and version has its share; what is done to it is left to chance.
    const specimen = this.#specimens[this.#frames % this.#specimens.length] as Specimen;
    const other = this.#specimens[random(this.#specimens.length)] as Specimen;
    const frame = mutate(specimen.frame, other.frame, random);
    // Now and then as a version that it is not.
    const { minVersion, maxVersion } = specimen.codec;
    const version =
      random(8) === 0 ? minVersion + random(maxVersion - minVersion + 1) : specimen.version;
    this.#frames++;
    try {
      const { message, again } = this.#decode(frame, { ...specimen, version });
      this.#weigh(frame, message);
      if (random(REWRITTEN_ONE_IN) === 0) checkRewritten(message, again());
    } catch (error) {
      if (!(error instanceof DecodeError))
        this.#fail(String(error), { ...specimen, version, frame });
    }
  }

  #decode(frame: Buffer, { direction, codec, version }: Specimen): Decoded {
    const reader = new Reader(frame);
    this.#layouts.add(`${codec.name} ${version} ${direction}`);
    if (direction === "response") {
      decodeResponseHeader(reader, responseHeaderVersion(codec.key, version));
      const message = wholly(reader, () => codec.decodeResponse(reader, version));
      const write = (writer: Writer) => codec.encodeResponse(writer, message, version);
      return { message, again: () => codec.decodeResponse(rewritten(write), version) };
    }
    const { apiKey, apiVersion } = decodeRequestHeader(reader);
    const named = this.#byKey.get(apiKey);
    if (named === undefined) throw new DecodeError(`no API ${apiKey}`);
    const message = wholly(reader, () => named.decodeRequest(reader, apiVersion));
    const write = (writer: Writer) => named.encodeRequest(writer, message, apiVersion);
    return { message, again: () => named.decodeRequest(rewritten(write), apiVersion) };
  }

  #weigh(frame: Buffer, message: unknown): void {
    this.#decoded++;
    const memory = memoryOf(message);
    const perByte = Math.max(0, memory - MEMORY_BASE) / Math.max(1, frame.length);
    this.#memoryPerByte = Math.max(this.#memoryPerByte, perByte);
    if (perByte > MEMORY_PER_BYTE_MAX) {
      throw new Error(`${memory} bytes of memory for a frame of ${frame.length}`);
    }
  }

  #fail(error: string, { direction, codec, version, frame }: Specimen): void {
    const what = `${codec.name} v${version} ${direction}`;
    this.#failures.push(`frame ${this.#frames - 1}: ${what}: ${error}: ${frame.toString("hex")}`);
  }
}

interface Decoded {
  readonly message: unknown;
  /** Encodes the message and decodes that. */
  again(): unknown;
}

function wholly(reader: Reader, decode: () => unknown): unknown {
  const message = decode();
  if (reader.remaining < 0) throw new Error(`read ${-reader.remaining} bytes too many`);
  return message;
}

function rewritten(write: (writer: Writer) => void): Reader {
  const writer = new Writer();
  write(writer);
  return new Reader(writer.toBuffer());
}

/** What has been understood can be said again, even if it was put oddly. */
function checkRewritten(message: unknown, again: unknown): void {
  if (!isDeepStrictEqual(message, again)) throw new Error("another message when written again");
}

function specimensFor(codecs: ReadonlyMap<string, AnyCodec>): readonly Specimen[] {
  return goldenCases().flatMap(({ api, version, request, response }) => {
    const codec = codecs.get(api);
    if (codec === undefined) throw new Error(`no codec of ${api}`);
    return [
      { direction: "request" as const, hex: request },
      { direction: "response" as const, hex: response },
    ].flatMap(({ direction, hex }) =>
      hex === null
        ? []
        : [{ direction, codec, version, frame: Buffer.from(hex, "hex").subarray(LENGTH_BYTES) }],
    );
  });
}

/** About what V8 keeps for a value: headers of objects, eight bytes a field, a byte a character. */
function memoryOf(value: unknown): number {
  if (typeof value === "string") return value.length === 0 ? 0 : 16 + value.length;
  if (typeof value === "bigint") return 24;
  if (typeof value !== "object" || value === null) return 0;
  // A view is an object; the bytes below it are the frame's own.
  if (Buffer.isBuffer(value)) return value.length === 0 ? 0 : 104;
  if (Array.isArray(value)) {
    let memory = 16;
    for (const element of value) memory += 8 + memoryOf(element);
    return memory;
  }
  let memory = 24;
  for (const field in value) memory += 8 + memoryOf((value as Record<string, unknown>)[field]);
  return memory;
}

/** A fuzzer over all codecs there are. */
export async function frameFuzzer(seed: number): Promise<FrameFuzzer> {
  return new FrameFuzzer(await allCodecs(), seed);
}
