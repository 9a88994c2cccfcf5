import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { ConnectionContext, Reply, ServeFrame } from "../../src/server/connection.ts";
import { Listeners, type ServerLimits } from "../../src/server/listener.ts";
import type { Logger } from "../../src/telemetry/logger.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";

export const LIMITS: ServerLimits = {
  maxRequestBytes: 1_000_000,
  maxIdleMs: 600_000,
  partialFrameTimeoutMs: 30_000,
  maxConnections: 1000,
  maxConnectionsPerIp: 1000,
  backlog: 50,
};

/** A log that is kept. */
export class KeptLog implements Logger {
  readonly lines: string[] = [];

  debug(): void {}

  info(message: string): void {
    this.lines.push(message);
  }

  warn(message: string): void {
    this.lines.push(message);
  }

  error(message: string): void {
    this.lines.push(message);
  }
}

export interface TestServer {
  readonly port: number;
  readonly listeners: Listeners;
  readonly clock: ManualClock;
  readonly log: KeptLog;
  readonly connections: ConnectionContext[];
}

export async function serveWith(
  serve: ServeFrame,
  limits: Partial<ServerLimits> = {},
): Promise<TestServer> {
  const clock = new ManualClock();
  const log = new KeptLog();
  const connections: ConnectionContext[] = [];
  const listeners = new Listeners({
    limits: { ...LIMITS, ...limits },
    clock,
    logger: log,
    serve: (bytes, connection) => {
      if (!connections.includes(connection)) connections.push(connection);
      return serve(bytes, connection);
    },
  });
  const port = await listeners.bind({ name: "PLAINTEXT", hosts: ["127.0.0.1"], port: 0 });
  return { port, listeners, clock, log, connections };
}

export function frame(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string);
  const length = Buffer.alloc(4);
  length.writeInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

export function reply(content: string | Buffer, release?: () => void): Reply {
  return { chunks: [frame(content)], release, isFrameFree: false };
}

/** A client that keeps what it is sent. */
export class Client {
  readonly socket: Socket;
  readonly #received: Buffer[] = [];
  readonly closed: Promise<void>;

  constructor(port: number, host = "127.0.0.1") {
    this.socket = connect({ port, host });
    this.socket.on("data", (chunk) => this.#received.push(chunk));
    this.socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => this.socket.once("close", () => resolve()));
  }

  static async connected(port: number): Promise<Client> {
    const client = new Client(port);
    await once(client.socket, "connect");
    return client;
  }

  send(...contents: (string | Buffer)[]): void {
    this.socket.write(Buffer.concat(contents.map((content) => frame(content))));
  }

  /** The answers so far, as text. */
  get answers(): string[] {
    const bytes = Buffer.concat(this.#received);
    const answers: string[] = [];
    for (let at = 0; at + 4 <= bytes.length; at += 4 + bytes.readInt32BE(at)) {
      answers.push(bytes.toString("utf8", at + 4, at + 4 + bytes.readInt32BE(at)));
    }
    return answers;
  }
}

export async function until(isTrue: () => boolean, what = "it"): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!isTrue()) {
    if (Date.now() > deadline) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
