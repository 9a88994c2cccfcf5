import { type Server, Socket } from "node:net";

/** Takes what has arrived; see Connection. */
export interface Receiver {
  receive(chunk: Buffer, isBorrowed: boolean): boolean;
}

/** Begins to read. */
export type Read = (receiver: Receiver) => void;

/** A socket that nobody reads yet. */
export type Accept = (socket: Socket, read: Read) => void;

/** What a socket and a server are made of, under names that Node keeps to itself. */
interface SocketInternals {
  _handle?: object | null;
  _server?: object | null;
  server?: object | null;
}

type OnConnection = (error: number | undefined, handle: object) => void;

interface ServerInternals {
  _connections?: number;
  _handle?: { onconnection?: OnConnection } | null;
}

/**
 * Takes connections of a server that listens, and reads them into one buffer that all of them share,
 * because each is done with what it was given before another is read. Of a megabyte that saves sixteen
 * fresh buffers and the stream machinery around them.
 *
 * Node offers that (`onread`) only to sockets one makes oneself, so the server's handle is asked for
 * the connections before Node makes sockets of them. Where that is not to be found, the sockets are
 * Node's, and read as any stream is.
 *
 * @param server must be made with `pauseOnConnect`.
 */
export function acceptInto(server: Server, shared: Buffer, accept: Accept): void {
  server.on("connection", (socket) => accept(socket, (receiver) => readPlain(socket, receiver)));
  const internals = server as unknown as ServerInternals;
  const listening = internals._handle;
  const original = listening?.onconnection;
  if (!listening || typeof original !== "function" || typeof internals._connections !== "number") {
    return;
  }
  listening.onconnection = function onConnection(error, handle) {
    if (error) {
      original.call(listening, error, handle);
      return;
    }
    let receiver: Receiver | undefined;
    const socket = new Socket({
      handle,
      readable: true,
      writable: true,
      pauseOnCreate: true,
      onread: {
        buffer: shared,
        callback: (count: number) => receiver?.receive(shared.subarray(0, count), true) ?? true,
      },
    } as ConstructorParameters<typeof Socket>[0]);
    // The server counts the connection until this socket is closed.
    const made = socket as unknown as SocketInternals;
    made._server = server;
    made.server = server;
    internals._connections = (internals._connections ?? 0) + 1;
    accept(socket, (given) => {
      receiver = given;
      socket.resume();
    });
  };
}

function readPlain(socket: Socket, receiver: Receiver): void {
  socket.on("data", (chunk) => receiver.receive(chunk, false));
  socket.resume();
}
