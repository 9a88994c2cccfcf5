import type { Socket } from "node:net";
import type { BufferPool } from "../memory/buffer-pool.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { type Lifetime, OwnedLifetime } from "../time/lifetime.ts";
import { FrameSplitter } from "./frame.ts";

/** One answer, with its length before it. */
export interface Reply {
  readonly chunks: readonly Buffer[];
  /** The bytes have been taken over by the system, or never will be. */
  readonly release?: (() => void) | undefined;
  /** Nobody looks at the request any more. */
  readonly isFrameFree: boolean;
  /** For how long the client is not heard after it, because a quota is exceeded; 0: not at all. */
  readonly throttleMs?: number;
}

/** Who is at the other end. */
export interface ConnectionContext {
  readonly id: number;
  readonly listenerName: string;
  /** Kafka's form: "/127.0.0.1". */
  readonly clientHost: string;
  readonly remotePort: number;
  readonly principal: string;
  readonly lifetime: Lifetime;
  /** As the client called itself (KIP-511). */
  clientSoftwareName: string;
  clientSoftwareVersion: string;
}

/** Answers one request. What it throws closes the connection; undefined: the client wants no answer. */
export type ServeFrame = (
  frame: Buffer,
  connection: ConnectionContext,
) => Reply | undefined | Promise<Reply | undefined>;

export interface ConnectionOptions {
  readonly id: number;
  readonly listenerName: string;
  readonly maxRequestBytes: number;
  /** What large requests are collected in. */
  readonly frameBuffers: BufferPool;
  readonly logger: Logger;
  readonly serve: ServeFrame;
  readonly clock: Clock;
  /** The socket is closed. */
  readonly onClosed: (connection: Connection) => void;
}

const UNKNOWN_SOFTWARE = "unknown";
/** What a client must send of a frame within the time a partial frame has. */
const PROGRESS_BYTES = 64 * 1024;
/** Errors by which a request is refused with nothing but the end of the connection. */
const CLIENTS_FAULTS: ReadonlySet<string> = new Set(["CloseConnection", "DecodeError", "NotKafka"]);

/**
 * One client, from accept to close. One request at a time, as Kafka does: the next frame is not
 * looked at before the answer to the last one has been taken by the socket, so answers keep their
 * order without bookkeeping, and a client that does not read slows only itself. While a request is
 * under way one chunk more is read, at most.
 */
export class Connection implements ConnectionContext {
  readonly id: number;
  readonly listenerName: string;
  readonly clientHost: string;
  readonly remotePort: number;
  readonly principal = "User:ANONYMOUS";
  clientSoftwareName = UNKNOWN_SOFTWARE;
  clientSoftwareVersion = UNKNOWN_SOFTWARE;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #frames: FrameSplitter;
  readonly #lifetime = new OwnedLifetime();
  readonly #remoteAddress: string;
  /** A request is being served, or its answer waits for the client to read. */
  #isBusy = false;
  /** The first of the two: it ends without the client's doing. */
  #isServing = false;
  /** Until then nothing more of the client is served: a quota is exceeded. */
  #muted: Timer | undefined;
  /** What comes next lies here already: the socket is not read until it is served. */
  #isAhead = false;
  #isClosing = false;
  /** When the client last sent or took something, monotonic milliseconds. */
  #lastActiveMs: number;
  /** How much of its answers the client had not taken when somebody last asked. */
  #unsent = 0;
  #frameBeganMs: number | undefined;
  /** How much of that frame had arrived by then. */
  #frameBytes = 0;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.id = options.id;
    this.listenerName = options.listenerName;
    this.#remoteAddress = plainAddress(socket.remoteAddress ?? "");
    this.clientHost = `/${longAddress(this.#remoteAddress)}`;
    this.remotePort = socket.remotePort ?? -1;
    this.#frames = new FrameSplitter(options.maxRequestBytes, options.frameBuffers);
    this.#lastActiveMs = options.clock.monotonicMs();
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    socket.on("drain", () => this.#drained());
    // Node would end its half first, and then close; there is nobody to whom that says anything.
    socket.on("end", () => {
      if (socket.writableLength === 0) socket.destroy();
    });
    socket.on("error", (error) => options.logger.debug(`${this.#name}: ${error.message}`));
    socket.on("close", () => {
      this.#muted?.cancel();
      this.#lifetime.end();
      options.onClosed(this);
    });
  }

  get lifetime(): Lifetime {
    return this.#lifetime;
  }

  get remoteAddress(): string {
    return this.#remoteAddress;
  }

  /**
   * When the client last did something; never, while it is we who are at work. A slow reader does
   * something as long as less is left to send each time this is asked.
   */
  idleSince(): number {
    const unsent = this.#socket.writableNeedDrain ? unsentBytes(this.#socket) : 0;
    if (unsent !== this.#unsent) {
      this.#unsent = unsent;
      this.#lastActiveMs = this.#options.clock.monotonicMs();
    }
    const isOurDoing = this.#isServing || this.#muted !== undefined;
    return isOurDoing ? Number.POSITIVE_INFINITY : this.#lastActiveMs;
  }

  /** Since when a frame that is not whole has not come on as it should; undefined between frames. */
  partialSince(): number | undefined {
    return this.#isBusy ? undefined : this.#frameBeganMs;
  }

  /** Lets the answer that is under way leave, then closes. A request that is parked waits no more. */
  finish(): void {
    this.#isClosing = true;
    if (this.#muted !== undefined) this.#unmute();
    else if (this.#isBusy) this.#lifetime.end();
    else if (this.#socket.writableLength > 0) this.#end();
    else this.close();
  }

  close(reason?: string): void {
    if (reason !== undefined && !this.#socket.destroyed) {
      this.#options.logger.warn(`closed ${this.#name}: ${reason}`);
    }
    this.#socket.destroy();
  }

  get #name(): string {
    return `connection ${this.id} from ${this.#remoteAddress} on ${this.listenerName}`;
  }

  /**
   * Bytes have arrived. `isBorrowed`: they must not be looked at once this returns.
   *
   * @returns whether more may be read at once.
   */
  receive(chunk: Buffer, isBorrowed: boolean): boolean {
    this.#lastActiveMs = this.#options.clock.monotonicMs();
    if (this.#isBusy) {
      // One chunk ahead is enough; while it is not there, the end of the connection is still heard.
      this.#frames.keep(chunk, isBorrowed);
      this.#isAhead = true;
      this.#socket.pause();
      return false;
    }
    this.#frames.push(chunk, isBorrowed);
    this.#serveFrames();
    this.#frames.giveBack();
    this.#isAhead = this.#isBusy && this.#frames.hasRest;
    if (this.#isAhead || this.#socket.writableNeedDrain) {
      this.#socket.pause();
      return false;
    }
    return true;
  }

  /** Serves what has arrived, until a request has to be waited for. */
  #serveFrames(): void {
    const socket = this.#socket;
    // Answers of requests that came together leave together.
    socket.cork();
    try {
      while (!this.#isBusy && !this.#socket.destroyed) {
        const frame = this.#frames.next();
        if (frame === undefined) break;
        this.#frameBeganMs = undefined;
        this.#serve(frame);
      }
    } catch (error) {
      this.#failed(error);
      return;
    } finally {
      socket.uncork();
    }
    this.#notePartialFrame();
  }

  /** A large frame may take its time, as long as it comes on: every so many bytes count as a start. */
  #notePartialFrame(): void {
    const bytes = this.#frames.partialBytes;
    if (bytes === 0) {
      this.#frameBeganMs = undefined;
    } else if (this.#frameBeganMs === undefined || bytes - this.#frameBytes >= PROGRESS_BYTES) {
      this.#frameBeganMs = this.#lastActiveMs;
      this.#frameBytes = bytes;
    }
  }

  #serve(frame: Buffer): void {
    const reply = this.#options.serve(frame, this);
    if (!(reply instanceof Promise)) {
      this.#answer(reply);
      return;
    }
    this.#isBusy = true;
    this.#isServing = true;
    reply.then(
      (late) => {
        this.#isServing = false;
        this.#lastActiveMs = this.#options.clock.monotonicMs();
        this.#answer(late);
        if (!this.#socket.writableNeedDrain) this.#resume();
      },
      (error: unknown) => this.#failed(error),
    );
  }

  #answer(reply: Reply | undefined): void {
    if (reply === undefined) return;
    if (reply.isFrameFree) this.#frames.reuse();
    if (!this.#socket.writable) {
      reply.release?.();
      return;
    }
    if (!this.#write(reply)) {
      this.#isBusy = true;
      this.#socket.pause();
    }
    if (reply.throttleMs !== undefined && reply.throttleMs > 0) this.#mute(reply.throttleMs);
  }

  /** The answer goes out, but the next request waits; one chunk of it is read, at most. */
  #mute(forMs: number): void {
    this.#isBusy = true;
    this.#muted = this.#options.clock.schedule(forMs, () => this.#unmute());
  }

  #unmute(): void {
    this.#muted?.cancel();
    this.#muted = undefined;
    if (this.#socket.destroyed || this.#isServing) return;
    if (!this.#socket.writableNeedDrain) this.#resume();
  }

  /** False if the client must read before more is sent. */
  #write({ chunks, release }: Reply): boolean {
    const socket = this.#socket;
    const last = chunks.length - 1;
    if (last === 0) return socket.write(chunks[0] as Buffer, release);
    socket.cork();
    let hasRoom = true;
    for (let i = 0; i <= last; i++) {
      hasRoom = socket.write(chunks[i] as Buffer, i === last ? release : undefined);
    }
    socket.uncork();
    return hasRoom;
  }

  #drained(): void {
    this.#lastActiveMs = this.#options.clock.monotonicMs();
    if (this.#isBusy) this.#resume();
  }

  #resume(): void {
    if (this.#muted !== undefined) return;
    this.#isBusy = false;
    this.#lastActiveMs = this.#options.clock.monotonicMs();
    if (this.#isClosing) {
      this.#end();
      return;
    }
    this.#serveFrames();
    this.#isAhead = this.#isBusy && this.#frames.hasRest;
    if (this.#isAhead || this.#socket.writableNeedDrain) this.#socket.pause();
    else if (this.#socket.isPaused()) this.#socket.resume();
  }

  /** Closes once what has been written is with the system. */
  #end(): void {
    this.#socket.end(() => this.#socket.destroy());
  }

  /** What a client did wrong is told in a sentence; anything else is ours, and told with its origin. */
  #failed(error: unknown): void {
    if (error instanceof Error && CLIENTS_FAULTS.has(error.name)) {
      this.close(error.message);
      return;
    }
    this.#options.logger.error(`${this.#name}: a request failed unexpectedly`, { error });
    this.close();
  }
}

/** IPv4 that came through an IPv6 socket is shown as IPv4. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}

/**
 * What the system has not taken yet of an answer that does not fit its buffers. Sockets tell it
 * nowhere else: their own counters move when all of an answer has gone.
 */
function unsentBytes(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, "_handle");
  const isOpen = typeof handle === "object" && handle !== null && "writeQueueSize" in handle;
  return isOpen ? Number(handle.writeQueueSize) : 0;
}

const IPV6_GROUPS = 8;

/** An address as Java writes it, and Kafka tells it: of IPv6 every group, without leading zeros. */
export function longAddress(address: string): string {
  if (!address.includes(":")) return address;
  const [first = "", last] = address.replace(/%.*/, "").split("::", 2);
  const before = first === "" ? [] : first.split(":");
  const behind = last === undefined || last === "" ? [] : last.split(":");
  const zeros = Array.from({ length: IPV6_GROUPS - before.length - behind.length }, () => "0");
  return [...before, ...zeros, ...behind].join(":");
}
