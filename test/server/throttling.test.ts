import { afterEach, expect, test } from "vitest";
import type { ServeFrame } from "../../src/server/connection.ts";
import { Listeners } from "../../src/server/listener.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { Client, KeptLog, LIMITS, reply, serveWith, type TestServer, until } from "./support.ts";

const running: { readonly listeners: Listeners }[] = [];
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  for (const { listeners } of running.splice(0)) await listeners.close(0);
});

async function server(serve: ServeFrame): Promise<TestServer> {
  const made = await serveWith(serve);
  running.push(made);
  return made;
}

async function client(port: number): Promise<Client> {
  const made = await Client.connected(port);
  clients.push(made);
  return made;
}

const THROTTLE_MS = 5000;
const throttled: ServeFrame = (bytes) => ({
  ...reply(bytes.toString()),
  throttleMs: bytes.toString().startsWith("much") ? THROTTLE_MS : 0,
});

const aLittle = () => new Promise((resolve) => setTimeout(resolve, 30));

test("An answer over quota leaves at once, the next request waits", async () => {
  const { port, clock } = await server(throttled);
  const one = await client(port);

  one.send("much", "next", "last");

  await until(() => one.answers.length === 1, "the answer");
  await clock.advance(THROTTLE_MS - 1);
  await aLittle();
  expect(one.answers).toEqual(["much"]);
  await clock.advance(1);
  await until(() => one.answers.length === 3, "the other answers");
});

test("What is worked out later mutes just as well, and a request that comes meanwhile waits", async () => {
  const { port, clock } = await server(async (bytes, connection) => throttled(bytes, connection));
  const one = await client(port);
  one.send("much");
  await until(() => one.answers.length === 1, "the answer");

  one.send("next");
  await aLittle();
  expect(one.answers).toEqual(["much"]);
  await clock.advance(THROTTLE_MS);

  await until(() => one.answers.length === 2, "the next answer");
});

test("A request that wants no answer mutes too", async () => {
  const { port, clock } = await server((bytes) =>
    bytes.toString() === "silent"
      ? { chunks: [], isFrameFree: false, throttleMs: THROTTLE_MS }
      : reply(bytes.toString()),
  );
  const one = await client(port);

  one.send("silent", "next");
  await aLittle();
  expect(one.answers).toEqual([]);
  await clock.advance(THROTTLE_MS);

  await until(() => one.answers.length === 1, "the answer");
});

test("Other connections are heard meanwhile", async () => {
  const { port } = await server(throttled);
  const [one, other] = [await client(port), await client(port)];
  one.send("much", "next");
  await until(() => one.answers.length === 1, "the answer");

  other.send("little");

  await until(() => other.answers.length === 1, "the other's answer");
  expect(one.answers).toEqual(["much"]);
});

test("Who waits because it was told to is not idle", async () => {
  const long = LIMITS.maxIdleMs * 2;
  const { port, clock } = await server((bytes) => ({
    ...reply(bytes.toString()),
    throttleMs: long,
  }));
  const one = await client(port);
  one.send("a", "b");
  await until(() => one.answers.length === 1, "the answer");

  await clock.advance(long);

  await until(() => one.answers.length === 2, "the second answer");
});

test("A broker that stops does not wait for those it throttles", async () => {
  const { port, listeners } = await server(throttled);
  const one = await client(port);
  one.send("much");
  await until(() => one.answers.length === 1, "the answer");

  await listeners.close(60_000);

  await one.closed;
  expect(one.answers).toEqual(["much"]);
});

test("A connection too many in too short a time is closed later, and never served", async () => {
  const clock = new ManualClock();
  const listeners = new Listeners({
    limits: LIMITS,
    clock,
    logger: new KeptLog(),
    serve: (bytes) => reply(bytes.toString()),
    delayOf: () => 700,
  });
  running.push({ listeners });
  const port = await listeners.bind({ name: "PLAINTEXT", hosts: ["127.0.0.1"], port: 0 });
  const one = await client(port);
  one.send("hello");
  await clock.advance(699);
  await aLittle();
  expect(one.socket.destroyed).toBe(false);

  await clock.advance(1);

  await one.closed;
  expect(one.answers).toEqual([]);
});
