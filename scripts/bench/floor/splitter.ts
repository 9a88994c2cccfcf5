import { createServer, Socket } from "node:net";
import { crc32c } from "@node-rs/crc32";

const READ_BUFFER_BYTES = 64 * 1024;
export const LENGTH_BYTES = 4;

/** A whole frame, in memory that is used again. */
export type Take = (socket: Socket, frame: Buffer) => void;

const shared = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** Splits what one connection sends: a frame that does not come whole is collected in one buffer. */
class Splitter {
  readonly #socket: Socket;
  readonly #take: Take;
  readonly #isSummed: boolean;
  #frame = Buffer.alloc(0);
  #filled = 0;
  #wanted = 0;
  #crc = 0;

  constructor(socket: Socket, take: Take, isSummed: boolean) {
    this.#socket = socket;
    this.#take = take;
    this.#isSummed = isSummed;
  }

  push(count: number): true {
    for (let at = 0; at < count; )
      at = this.#filled === 0 ? this.#begin(at, count) : this.#go(at, count);
    return true;
  }

  #begin(at: number, count: number): number {
    this.#crc = 0;
    if (count - at < LENGTH_BYTES) {
      this.#want(LENGTH_BYTES);
      return this.#go(at, count);
    }
    const bytes = LENGTH_BYTES + shared.readInt32BE(at);
    const end = at + bytes;
    if (end <= count) {
      this.#take(this.#socket, shared.subarray(at, end));
      return end;
    }
    this.#want(bytes);
    return this.#go(at, count);
  }

  #want(bytes: number): void {
    this.#wanted = bytes;
    if (this.#frame.length >= bytes) return;
    const larger = Buffer.allocUnsafeSlow(bytes);
    this.#frame.copy(larger, 0, 0, this.#filled);
    this.#frame = larger;
  }

  #go(at: number, count: number): number {
    const end = Math.min(count, at + this.#wanted - this.#filled);
    if (this.#isSummed) this.#crc = crc32c(shared.subarray(at, end), this.#crc);
    this.#filled += shared.copy(this.#frame, this.#filled, at, end);
    if (this.#filled < this.#wanted) return end;
    if (this.#wanted === LENGTH_BYTES) {
      this.#want(LENGTH_BYTES + this.#frame.readInt32BE(0));
      return end;
    }
    this.#filled = 0;
    this.#take(this.#socket, this.#frame.subarray(0, this.#wanted));
    return end;
  }
}

/**
 * Serves frames as the broker reads them (src/server/read-into.ts): all connections into one buffer.
 * `isSummed`: frames that do not come whole are summed up on their way.
 */
export function listen(port: number, take: Take, isSummed = false): void {
  createServer({ noDelay: true, pauseOnConnect: true }, (accepted) => {
    const internals = accepted as unknown as { _handle: object | null };
    let splitter: Splitter | undefined;
    const socket = new Socket({
      handle: internals._handle,
      readable: true,
      writable: true,
      onread: { buffer: shared, callback: (count: number) => splitter?.push(count) ?? true },
    } as ConstructorParameters<typeof Socket>[0]);
    internals._handle = null;
    splitter = new Splitter(socket, take, isSummed);
    socket.on("error", () => socket.destroy());
    socket.resume();
  }).listen(port, "127.0.0.1");
}
