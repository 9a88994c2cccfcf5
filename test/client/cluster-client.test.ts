import { once } from "node:events";
import {
  type AddressInfo,
  connect as connectTo,
  createServer,
  type Server,
  type Socket,
} from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { clientOf } from "../support/client/connected.ts";

describe("a client", () => {
  let broker: Broker;
  let door: Server;
  let accepted: Socket[];

  beforeEach(async () => {
    broker = await startBroker();
    accepted = [];
    door = createServer((socket) => {
      accepted.push(socket);
      const behind = connectTo(broker.port, "127.0.0.1");
      socket.pipe(behind).pipe(socket);
      socket.on("error", () => behind.destroy());
      socket.on("close", () => behind.destroy());
    });
    door.listen(0, "127.0.0.1");
    await once(door, "listening");
  });

  afterEach(async () => {
    for (const socket of accepted) socket.destroy();
    door.close();
    await broker.stop();
  });

  const question = { topics: [], allowAutoTopicCreation: false };
  const open = () => accepted.filter((socket) => !socket.destroyed).length;

  function newClient() {
    return clientOf((door.address() as AddressInfo).port);
  }

  test("opens one connection for all who ask at once, and closes it", async () => {
    const client = newClient();

    await Promise.all([1, 2, 3].map(() => client.any(metadata, question)));
    expect(accepted.length).toBe(1);

    await client.close();
    while (open() > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  test("opens one again for all when it broke", async () => {
    const client = newClient();
    await client.any(metadata, question);
    const [first] = accepted;
    first?.destroy();
    await new Promise((resolve) => setTimeout(resolve, 20));

    await Promise.all([1, 2, 3].map(() => client.any(metadata, question)));

    expect(accepted.length).toBe(2);
    await client.close();
  });

  test("closes a connection that is still being opened", async () => {
    const client = newClient();
    const asked = client.any(metadata, question).catch(() => {});

    await client.close();
    await asked;

    await client.close();
    while (open() > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});
