import { Socket } from "node:net";
import type { Connection } from "./connection.ts";

/** What a socket is made of, under names that Node keeps to itself. */
interface Internals {
  _handle?: object | null;
  _server?: object | null;
  server?: object | null;
}

/**
 * Makes the connection of a socket that was accepted, and begins to read it: into one buffer that all
 * connections share, because each is done with what it was given before another is read. Of a
 * megabyte that saves sixteen fresh buffers and the stream machinery around them.
 *
 * Node offers that (`onread`) only to sockets one makes oneself, so the accepted one hands over its
 * handle. Where that is not to be found, the socket is read as any stream is.
 */
export function openConnection(
  accepted: Socket,
  shared: Buffer,
  connect: (socket: Socket) => Connection,
): Connection {
  const internals = accepted as unknown as Internals;
  const handle = internals._handle;
  const server = internals._server;
  if (handle === undefined || handle === null || server === undefined || server === null) {
    const plain = connect(accepted);
    accepted.on("data", (chunk) => plain.receive(chunk, false));
    accepted.resume();
    return plain;
  }
  let connection: Connection | undefined;
  const socket = new Socket({
    handle,
    readable: true,
    writable: true,
    onread: {
      buffer: shared,
      callback: (count: number) => connection?.receive(shared.subarray(0, count), true) ?? true,
    },
  } as ConstructorParameters<typeof Socket>[0]);
  // The server counts the connection until this socket is closed.
  const made = socket as unknown as Internals;
  made._server = server;
  made.server = server;
  internals._handle = null;
  internals._server = null;
  connection = connect(socket);
  socket.resume();
  return connection;
}
