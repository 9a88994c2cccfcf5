import { afterEach, describe, expect, test } from "vitest";
import type { Reply, ServeFrame } from "../../src/server/connection.ts";
import type { ServerLimits } from "../../src/server/listener.ts";
import { Client, reply, serveWith, type TestServer, until } from "./support.ts";

const running: TestServer[] = [];
const clients: Client[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.socket.destroy();
  for (const { listeners } of running.splice(0)) await listeners.close(0);
});

async function server(serve: ServeFrame, limits: Partial<ServerLimits> = {}): Promise<TestServer> {
  const made = await serveWith(serve, limits);
  running.push(made);
  return made;
}

async function client(port: number): Promise<Client> {
  const made = await Client.connected(port);
  clients.push(made);
  return made;
}

const echo: ServeFrame = (bytes) => reply(bytes.toString());

/** Answers that are given when the test says so, by the text of their request. */
class Parked {
  readonly seen: string[] = [];
  readonly #waiting = new Map<string, (answer: Reply | undefined) => void>();

  readonly serve: ServeFrame = (bytes) => {
    const text = bytes.toString();
    this.seen.push(text);
    return new Promise((resolve) => this.#waiting.set(text, resolve));
  };

  answer(text: string): void {
    this.#waiting.get(text)?.(reply(text));
  }
}

describe("answers", () => {
  test("come in the order of their requests, though some are ready at once", async () => {
    const { port } = await server((bytes) => {
      const text = bytes.toString();
      return text.startsWith("slow")
        ? new Promise((resolve) => setTimeout(() => resolve(reply(text)), 10))
        : reply(text);
    });
    const one = await client(port);
    const sent = ["slow 1", "fast 2", "slow 3", "fast 4", "fast 5"];

    one.send(...sent);

    await until(() => one.answers.length === sent.length, "every answer");
    expect(one.answers).toEqual(sent);
  });

  test("are worked out one at a time: the next request waits", async () => {
    const parked = new Parked();
    const { port } = await server(parked.serve);
    const one = await client(port);

    one.send("a", "b");

    await until(() => parked.seen.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(parked.seen).toEqual(["a"]);
    parked.answer("a");
    await until(() => parked.seen.length === 2, "the second request");
    parked.answer("b");
    await until(() => one.answers.length === 2);
  });

  test("of one connection do not wait for those of another", async () => {
    const parked = new Parked();
    const { port } = await server(parked.serve);
    const [one, other] = [await client(port), await client(port)];
    one.send("one");
    other.send("other");
    await until(() => parked.seen.length === 2);

    parked.answer("other");

    await until(() => other.answers.length === 1);
    expect(one.answers).toEqual([]);
    parked.answer("one");
    await until(() => one.answers.length === 1);
  });

  test("that nobody wants are not sent, and the next request is served", async () => {
    const { port } = await server((bytes) => {
      const text = bytes.toString();
      if (text === "acks=0") return undefined;
      return text === "late acks=0" ? Promise.resolve(undefined) : reply(text);
    });
    const one = await client(port);

    one.send("acks=0", "a", "late acks=0", "acks=0", "b");

    await until(() => one.answers.length === 2);
    expect(one.answers).toEqual(["a", "b"]);
  });

  test("to a thousand pipelined requests come, each once", async () => {
    const { port } = await server(echo);
    const one = await client(port);
    const sent = Array.from({ length: 1000 }, (_, i) => `request ${i}`);

    one.send(...sent);

    await until(() => one.answers.length === sent.length);
    expect(one.answers).toEqual(sent);
  });

  test("of several chunks arrive as one frame, and are released when they are gone", async () => {
    let released = 0;
    const big = Buffer.alloc(3_000_000, "x");
    const { port } = await server(() => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(2 * big.length);
      return { chunks: [length, big, big], release: () => released++, isFrameFree: false };
    });
    const one = await client(port);

    one.send("go");

    await until(() => one.socket.bytesRead === 4 + 2 * big.length, "the answer");
    await until(() => released === 1, "the release");
  });

  test("to a request that arrives byte by byte", async () => {
    const { port } = await server(echo);
    const one = await client(port);
    for (const byte of [0, 0, 0, 2, 0x68, 0x69]) {
      one.socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setTimeout(resolve, 2));
    }

    await until(() => one.answers.length === 1);
    expect(one.answers).toEqual(["hi"]);
  });
});

describe("a client that never reads", () => {
  test("is served no more requests, and takes no more memory than one answer", async () => {
    const answer = Buffer.alloc(8 * 1024 * 1024, "x");
    let served = 0;
    const { port } = await server(() => {
      served += 1;
      return reply(answer);
    });
    const one = await client(port);
    one.socket.pause();
    const before = process.memoryUsage().arrayBuffers;

    one.send(...Array.from({ length: 100 }, () => "fetch"));
    await until(() => served > 0);
    await new Promise((resolve) => setTimeout(resolve, 100));

    expect(served).toBeLessThanOrEqual(2);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5 * answer.length);
    one.socket.resume();
    await until(() => served > 10, "more answers once it reads");
  });

  test("is not read from either", async () => {
    const { port, connections } = await server(() => reply(Buffer.alloc(8 * 1024 * 1024)));
    const one = await client(port);
    one.socket.pause();
    one.send("fetch");
    await until(() => connections.length === 1);
    const chunk = Buffer.alloc(64 * 1024);
    chunk.writeInt32BE(chunk.length - 4, 0);

    let isTaken = true;
    for (let i = 0; i < 1000 && isTaken; i++) {
      isTaken = one.socket.write(chunk);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }

    expect(isTaken).toBe(false);
  });
});

describe("a client that goes away", () => {
  test.each(["resets", "ends"])("and %s takes its parked request with it", async (how) => {
    const parked = new Parked();
    const { port, connections, listeners } = await server(parked.serve);
    const one = await client(port);
    one.send("fetch");
    await until(() => parked.seen.length === 1);
    let isCancelled = false;
    connections[0]?.lifetime.onEnd(() => {
      isCancelled = true;
    });

    if (how === "resets") one.socket.resetAndDestroy();
    else one.socket.end();

    await until(() => isCancelled, "the end of the lifetime");
    await until(() => listeners.connectionCount === 0);
  });

  test("gets no answer, which is released all the same", async () => {
    let resolve: (answer: Reply) => void = () => undefined;
    let released = 0;
    const { port, connections } = await server(
      () =>
        new Promise((done) => {
          resolve = done;
        }),
    );
    const one = await client(port);
    one.send("fetch");
    await until(() => connections.length === 1);
    one.socket.destroy();
    await until(() => connections[0]?.lifetime.ended === true);

    resolve(reply("late", () => released++));

    await until(() => released === 1);
  });
});

describe("deadlines", () => {
  test("a request that stops half-way is dropped, with a line in the log", async () => {
    const { port, clock, log } = await server(echo, { partialFrameTimeoutMs: 5000 });
    const one = await client(port);
    one.send("whole");
    await until(() => one.answers.length === 1);
    one.socket.write(Buffer.from([0, 0, 0, 9, 1, 2]));
    await new Promise((resolve) => setTimeout(resolve, 20));

    await clock.advance(4900);
    expect(one.socket.closed).toBe(false);
    await clock.advance(2000);

    await one.closed;
    expect(log.lines.join()).toContain("half-way");
  });

  test("also if it goes on byte by byte", async () => {
    const { port, clock } = await server(echo, { partialFrameTimeoutMs: 5000 });
    const one = await client(port);
    one.socket.write(Buffer.from([0, 0, 0, 99]));
    for (let i = 0; i < 7; i++) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await clock.advance(1000);
      one.socket.write(Buffer.from([i]));
    }

    await one.closed;
  });

  test("a large request may take longer, as long as it comes on", async () => {
    const { port, clock } = await server((bytes) => reply(`${bytes.length} bytes`), {
      partialFrameTimeoutMs: 5000,
    });
    const one = await client(port);
    const piece = Buffer.alloc(100_000);
    one.socket.write(Buffer.from("000c3500", "hex"));
    for (let i = 0; i < 8; i++) {
      one.socket.write(piece);
      await new Promise((resolve) => setTimeout(resolve, 10));
      await clock.advance(3000);
    }

    await until(() => one.answers.length === 1);
    expect(one.answers).toEqual(["800000 bytes"]);
  });

  test("a client that does not take its answer is closed like one that is idle", async () => {
    const { port, clock, listeners } = await server(() => reply(Buffer.alloc(8 * 1024 * 1024)), {
      maxIdleMs: 10_000,
    });
    const one = await client(port);
    one.socket.pause();
    one.send("fetch");
    await until(() => one.socket.bytesWritten > 0 && listeners.connectionCount === 1);
    await new Promise((resolve) => setTimeout(resolve, 50));

    await clock.advance(12_000);

    await until(() => listeners.connectionCount === 0);
  });

  test("a client that takes its answer slowly is not idle, until it takes no more", async () => {
    const { port, clock, listeners } = await server(() => reply(Buffer.alloc(64 * 1024 * 1024)), {
      maxIdleMs: 10_000,
    });
    const one = await client(port);
    one.socket.pause();
    one.send("fetch");
    await until(() => one.socket.bytesWritten > 0 && listeners.connectionCount === 1);
    let appetite = 0;
    one.socket.on("data", () => one.socket.bytesRead > appetite && one.socket.pause());
    for (let round = 1; round <= 4; round++) {
      appetite += 8 * 1024 * 1024;
      one.socket.resume();
      await until(() => one.socket.isPaused());
      await clock.advance(8000);
      expect(listeners.connectionCount).toBe(1);
    }

    await clock.advance(12_000);

    await until(() => listeners.connectionCount === 0);
  });

  test("a connection that is idle is closed, one that is not stays", async () => {
    const { port, clock, listeners } = await server(echo, { maxIdleMs: 10_000 });
    const [idle, busy] = [await client(port), await client(port)];
    await until(() => listeners.connectionCount === 2);
    for (let i = 1; i <= 4; i++) {
      await clock.advance(3000);
      busy.send("still here");
      await until(() => busy.answers.length === i);
    }

    await idle.closed;
    expect(busy.socket.closed).toBe(false);
  });

  test("a request that is being served is neither idle nor half-way", async () => {
    const parked = new Parked();
    const { port, clock } = await server(parked.serve, { maxIdleMs: 10_000 });
    const one = await client(port);
    one.send("fetch");
    await until(() => parked.seen.length === 1);

    await clock.advance(60_000);
    parked.answer("fetch");

    await until(() => one.answers.length === 1);
  });
});

describe("what is no request closes the connection, with one line that says what it looks like", () => {
  test.each<[string, Buffer, string]>([
    ["HTTP", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP"],
    ["TLS", Buffer.from("16030100c8010000c4", "hex"), "TLS"],
    ["SSH", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"), "SSH"],
    ["a size of 0", Buffer.alloc(4), "a request of 0 bytes"],
    ["a negative size", Buffer.from("ffffffff", "hex"), "a request of -1 bytes"],
    ["a size above the limit", Buffer.from("000f4241", "hex"), "socket.request.max.bytes=1000000"],
  ])("%s", async (_what, bytes, expected) => {
    const { port, log } = await server(echo);
    const one = await client(port);

    one.socket.write(bytes);

    await one.closed;
    expect(log.lines).toHaveLength(1);
    expect(log.lines[0]).toContain(expected);
    expect(log.lines[0]).toContain("127.0.0.1");
  });

  test("a request whose handler throws, at once or later", async () => {
    const { port, log } = await server((bytes) => {
      if (bytes.toString() === "later") return Promise.reject(new Error("of a handler"));
      throw new Error("of a handler");
    });
    for (const text of ["now", "later"]) {
      const one = await client(port);
      one.send(text, "never served");
      await one.closed;
      expect(one.answers).toEqual([]);
    }

    expect(log.lines).toHaveLength(2);
  });
});

describe("limits", () => {
  test("max.connections refuses the next one, until one has gone", async () => {
    const { port, log, listeners } = await server(echo, { maxConnections: 2 });
    const [first] = [await client(port), await client(port)];
    await until(() => listeners.connectionCount === 2);

    const refused = await client(port);
    await refused.closed;
    expect(log.lines[0]).toContain("max.connections=2");

    first?.socket.destroy();
    await until(() => listeners.connectionCount === 1);
    const next = await client(port);
    next.send("hello");
    await until(() => next.answers.length === 1);
  });

  test("max.connections.per.ip counts those of one address", async () => {
    const { port, log, listeners } = await server(echo, { maxConnectionsPerIp: 1 });
    const first = await client(port);
    await until(() => listeners.connectionCount === 1);

    await (await client(port)).closed;

    expect(log.lines[0]).toContain("max.connections.per.ip=1");
    first.send("hello");
    await until(() => first.answers.length === 1);
  });
});

describe("stopping", () => {
  test("lets an answer that is under way leave, and then closes", async () => {
    const parked = new Parked();
    const { port, listeners } = await server(parked.serve);
    const one = await client(port);
    one.send("fetch");
    await until(() => parked.seen.length === 1);

    const stopped = listeners.close(5000);
    parked.answer("fetch");

    await stopped;
    await one.closed;
    expect(one.answers).toEqual(["fetch"]);
  });

  test("does not wait for those who wait for nothing, nor accept new ones", async () => {
    const { port, listeners } = await server(echo);
    const one = await client(port);
    await until(() => listeners.connectionCount === 1);

    await listeners.close(60_000);

    await one.closed;
    const late = new Client(port);
    await late.closed;
    expect(late.socket.bytesRead).toBe(0);
  });

  test("ends the wait of parked requests, and closes in the end whoever does not answer", async () => {
    const parked = new Parked();
    const { port, listeners, connections } = await server(parked.serve);
    const one = await client(port);
    one.send("fetch");
    await until(() => parked.seen.length === 1);
    const stopped = listeners.close(30);

    expect(connections[0]?.lifetime.ended).toBe(true);
    await stopped;
    await one.closed;
  });
});

describe("listeners", () => {
  test("share one set of limits, and each names itself", async () => {
    const names: string[] = [];
    const { port, listeners } = await server((bytes, { listenerName, clientHost }) => {
      names.push(`${listenerName} ${clientHost}`);
      return reply(bytes.toString());
    });
    const second = await listeners.bind({ name: "INTERNAL", hosts: ["127.0.0.1"], port: 0 });
    expect(second).not.toBe(port);
    for (const each of [port, second]) {
      const one = await client(each);
      one.send("hello");
      await until(() => one.answers.length === 1);
    }

    expect(names).toEqual(["PLAINTEXT /127.0.0.1", "INTERNAL /127.0.0.1"]);
    expect(listeners.connectionCount).toBe(2);
  });

  test("leave out an address that this machine does not have", async () => {
    const { listeners } = await server(echo);
    // TEST-NET-1: nobody has it.
    const port = await listeners.bind({
      name: "BOTH",
      hosts: ["127.0.0.1", "192.0.2.1"],
      port: 0,
    });

    const one = await client(port);
    one.send("hello");
    await until(() => one.answers.length === 1);
    await expect(
      listeners.bind({ name: "NONE", hosts: ["192.0.2.1"], port: 0 }),
    ).rejects.toMatchObject({ code: "EADDRNOTAVAIL" });
  });

  test("say that a port is taken", async () => {
    const { listeners, port } = await server(echo);

    await expect(
      listeners.bind({ name: "AGAIN", hosts: ["127.0.0.1"], port }),
    ).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
