import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { acceptInto } from "../../src/server/read-into.ts";

const shared = Buffer.alloc(1024);
let server: Server;

afterEach(() => {
  server.close();
});

interface Received {
  readonly text: string;
  readonly isBorrowed: boolean;
  readonly isShared: boolean;
}

/** A server that keeps what arrives, and a client of it. */
async function connected(hide?: (server: Server) => void) {
  server = createServer({ pauseOnConnect: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  hide?.(server);
  const received: Received[] = [];
  const accepted = new Promise<Socket>((resolve) => {
    acceptInto(server, shared, (socket, read) => {
      read({
        receive(chunk, isBorrowed) {
          const isShared = chunk.buffer === shared.buffer;
          received.push({ text: chunk.toString(), isBorrowed, isShared });
          return true;
        },
      });
      resolve(socket);
    });
  });
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  return { client, received, socket: await accepted };
}

function connectionsOf(counted: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    counted.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
}

describe("a server's connections", () => {
  test("are read into the shared buffer, and counted until they are closed", async () => {
    const { client, received, socket } = await connected();
    client.write("hello");

    await expect
      .poll(() => received)
      .toEqual([{ text: "hello", isBorrowed: true, isShared: true }]);
    expect(socket.remotePort).toBe(client.localPort);
    expect(await connectionsOf(server)).toBe(1);

    client.end();
    await once(socket, "close");
    expect(await connectionsOf(server)).toBe(0);
  });

  test("are read as any stream is where Node keeps its handle to itself", async () => {
    const { client, received } = await connected((hidden) =>
      Reflect.deleteProperty(hidden, "_connections"),
    );
    client.write("hello");

    await expect
      .poll(() => received)
      .toEqual([{ text: "hello", isBorrowed: false, isShared: false }]);
    client.destroy();
  });

  test("that cannot be accepted are an error of the server", async () => {
    const { client } = await connected();
    const failed = once(server, "error");
    const EMFILE = -24;
    const { _handle: handle } = server as unknown as {
      readonly _handle: { onconnection(error: number, client: undefined): void };
    };
    handle.onconnection(EMFILE, undefined);

    expect(await failed).toMatchObject([{ syscall: "accept" }]);
    client.destroy();
  });
});
