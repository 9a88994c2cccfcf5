import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { BufferPool } from "../memory/buffer-pool.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Clock, Timer } from "../time/clock.ts";
import { Connection, plainAddress, type ServeFrame } from "./connection.ts";
import { listen } from "./listen.ts";
import { acceptInto, type Read } from "./read-into.ts";

/** What holds for the connections of all listeners together. */
export interface ServerLimits {
  /** socket.request.max.bytes */
  readonly maxRequestBytes: number;
  /** connections.max.idle.ms; below 0: for ever */
  readonly maxIdleMs: number;
  /** How long a request may take to arrive once it has begun. */
  readonly partialFrameTimeoutMs: number;
  /** max.connections */
  readonly maxConnections: number;
  /** max.connections.per.ip */
  readonly maxConnectionsPerIp: number;
  /** max.connections.per.ip.overrides: what stands before it for one address. */
  readonly connectionsByAddress?: ReadonlyMap<string, number>;
  /** socket.listen.backlog.size, if it is more than the least that is used. */
  readonly backlog: number;
}

export interface ServerOptions {
  readonly limits: ServerLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serve: ServeFrame;
  /** A connection comes from this address: 0, or after how many milliseconds it is to be refused. */
  readonly delayOf?: (remoteAddress: string) => number;
}

export interface Binding {
  readonly name: string;
  /** Addresses to bind, with the same port. Where one of several does not exist it is left out. */
  readonly hosts: readonly (string | undefined)[];
  /** 0: the system chooses one, for all addresses. */
  readonly port: number;
}

const SWEEP_MS = 1000;
const PORT_ATTEMPTS = 5;
/** Each holds a socket: of more than these the rest is refused at once. */
const DELAYED_MAX = 1000;
/**
 * A connection that finds the queue full is tried again by its system after one second, then after
 * three: Kafka's default of 50 is too short for a few hundred clients that start together.
 */
const BACKLOG_MIN = 1024;
/** Larger reads are slower: they leave the processor's cache before they are looked at. */
const READ_BUFFER_BYTES = 64 * 1024;
/** What is kept of the buffers that large requests were collected in. */
const FREE_FRAME_BYTES_MAX = 16 * 1024 * 1024;

/**
 * The listeners of a broker and all connections that came through them: accepts, counts, and closes
 * those that are idle or stop half-way, by one sweep for all instead of a timer for each.
 */
export class Listeners {
  readonly #options: ServerOptions;
  readonly #servers: Server[] = [];
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  /** What all connections are read into, one after the other. */
  readonly #readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly #frameBuffers = new BufferPool(FREE_FRAME_BYTES_MAX);
  /** Not served, and closed in a while. */
  readonly #delayed = new Map<Socket, Timer>();
  #nextId = 1;
  #sweep: Timer | undefined;
  #isClosing = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#scheduleSweep();
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * Accepts connections from now on.
   *
   * @returns the port.
   * @throws what the system says, EADDRINUSE above all.
   */
  async bind(binding: Binding): Promise<number> {
    // A port that the system chose for one address may be taken on the next: then another is tried.
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#bindAll(binding);
      } catch (error) {
        if (binding.port !== 0 || attempt === PORT_ATTEMPTS || !isTaken(error)) throw error;
      }
    }
  }

  async #bindAll({ name, hosts, port }: Binding): Promise<number> {
    const servers: Server[] = [];
    let chosen = port;
    let failure: unknown;
    for (const host of hosts) {
      const server = createServer({ pauseOnConnect: true });
      try {
        const backlog = Math.max(BACKLOG_MIN, this.#options.limits.backlog);
        await listen(server, { port: chosen, host, backlog });
        acceptInto(server, this.#readBuffer, (socket, read) => this.#accept(socket, read, name));
        servers.push(server);
        chosen = (server.address() as AddressInfo).port;
      } catch (error) {
        failure = error;
        if (isMissingAddress(error)) continue;
        await Promise.all(servers.map(closeServer));
        throw error;
      }
    }
    if (servers.length === 0) throw failure;
    this.#servers.push(...servers);
    return chosen;
  }

  /** Stops accepting, lets answers that are under way leave, closes what is left after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    this.#sweep?.cancel();
    const closed = Promise.all(this.#servers.map((server) => closeServer(server)));
    for (const socket of this.#delayed.keys()) socket.destroy();
    for (const connection of this.#connections) connection.finish();
    const late = setTimeout(() => {
      for (const connection of this.#connections) connection.close();
    }, graceMs);
    await closed;
    clearTimeout(late);
  }

  #accept(socket: Socket, read: Read, listenerName: string): void {
    const delayMs = this.#options.delayOf?.(plainAddress(socket.remoteAddress ?? "")) ?? 0;
    if (delayMs > 0) {
      if (this.#delayed.size < DELAYED_MAX) this.#refuseLater(socket, delayMs);
      else socket.destroy();
      return;
    }
    const { limits, clock, logger, serve } = this.#options;
    const connection = new Connection(socket, {
      id: this.#nextId++,
      listenerName,
      maxRequestBytes: limits.maxRequestBytes,
      frameBuffers: this.#frameBuffers,
      logger,
      serve,
      clock,
      onClosed: (closed) => this.#forget(closed),
    });
    read(connection);
    const refusal = this.#refusal(connection.remoteAddress);
    this.#count(connection.remoteAddress, 1);
    this.#connections.add(connection);
    if (refusal !== undefined) connection.close(refusal);
  }

  /** Of too many connections in too short a time; see KIP-612. */
  #refuseLater(socket: Socket, delayMs: number): void {
    const { clock, logger } = this.#options;
    logger.debug(`a connection from ${socket.remoteAddress} is closed in ${delayMs} ms: too many`);
    const timer = clock.schedule(delayMs, () => socket.destroy());
    this.#delayed.set(socket, timer);
    socket.on("error", (error) => logger.debug(error.message));
    socket.on("close", () => {
      timer.cancel();
      this.#delayed.delete(socket);
    });
  }

  #forget(connection: Connection): void {
    if (this.#connections.delete(connection)) this.#count(connection.remoteAddress, -1);
  }

  #count(remoteAddress: string, change: 1 | -1): void {
    const count = (this.#perAddress.get(remoteAddress) ?? 0) + change;
    if (count === 0) this.#perAddress.delete(remoteAddress);
    else this.#perAddress.set(remoteAddress, count);
  }

  #refusal(address: string): string | undefined {
    const { maxConnections, maxConnectionsPerIp, connectionsByAddress } = this.#options.limits;
    if (this.#isClosing) return "the broker is stopping";
    if (this.#connections.size >= maxConnections) {
      return `max.connections=${maxConnections} is reached`;
    }
    const limit = connectionsByAddress?.get(address) ?? maxConnectionsPerIp;
    if ((this.#perAddress.get(address) ?? 0) >= limit) {
      return `max.connections.per.ip=${limit} is reached`;
    }
    return undefined;
  }

  #scheduleSweep(): void {
    this.#sweep = this.#options.clock.schedule(SWEEP_MS, () => {
      this.#closeLate();
      if (!this.#isClosing) this.#scheduleSweep();
    });
  }

  #closeLate(): void {
    const { maxIdleMs, partialFrameTimeoutMs } = this.#options.limits;
    const nowMs = this.#options.clock.monotonicMs();
    for (const connection of this.#connections) {
      const partialSince = connection.partialSince();
      if (partialSince !== undefined && nowMs - partialSince > partialFrameTimeoutMs) {
        connection.close(`a request stopped half-way for ${partialFrameTimeoutMs} ms`);
      } else if (maxIdleMs >= 0 && nowMs - connection.idleSince() > maxIdleMs) {
        this.#options.logger.debug(`closing connection ${connection.id}, idle for ${maxIdleMs} ms`);
        connection.close();
      }
    }
  }
}

function isTaken(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "EADDRINUSE";
}

/** This machine has no such address: no IPv6, say. */
function isMissingAddress(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT";
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
