import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
// Loaded with the test, not within its time: the command line loads it when it starts one.
import "../../src/broker.ts";
import { run, type Surroundings } from "../../src/cli/run.ts";

/** A process that runs the command line, as far as the command line sees of it. */
class FakeProcess {
  stdout = "";
  stderr = "";
  readonly exited: Promise<number>;
  #exit: (code: number) => void = () => {};
  #signal: (name: string) => void = () => {};

  constructor() {
    this.exited = new Promise((resolve) => {
      this.#exit = resolve;
    });
  }

  async run(
    args: string,
    { environment = {}, files = {} }: { environment?: object; files?: Record<string, string> } = {},
  ): Promise<void> {
    const surroundings: Surroundings = {
      arguments: args.split(" "),
      environment: environment as Record<string, string>,
      version: () => "1.2.3",
      readFile: (path) => {
        const content = files[path];
        if (content === undefined) throw new Error(`ENOENT: ${path}`);
        return content;
      },
      print: (text) => {
        this.stdout += text;
      },
      complain: (text) => {
        this.stderr += text;
      },
      isTerminal: true,
      isColoured: false,
      onSignal: (stop) => {
        this.#signal = stop;
      },
      onUncaught: () => {},
      exit: (code) => this.#exit(code),
    };
    await run(surroundings);
  }

  async signalled(name: string): Promise<number> {
    this.#signal(name);
    return this.exited;
  }
}

async function accepts(address: string): Promise<boolean> {
  const port = Number(address.slice(address.lastIndexOf(":") + 1));
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe("odradek", () => {
  const running: FakeProcess[] = [];
  const started = (): FakeProcess => {
    const fake = new FakeProcess();
    running.push(fake);
    return fake;
  };

  afterEach(async () => {
    await Promise.all(running.splice(0).map((fake) => fake.signalled("SIGTERM")));
  });

  test("prints one line, the bootstrap address, once clients may connect", async () => {
    const fake = started();
    await fake.run("--port 0 --ephemeral --topic orders:3");

    expect(fake.stdout).toMatch(/^localhost:\d+\n$/);
    expect(await accepts(fake.stdout.trim())).toBe(true);
  });

  test("stops at a signal, and says so on standard error", async () => {
    const fake = new FakeProcess();
    await fake.run("--port 0 --ephemeral");
    const address = fake.stdout.trim();

    expect(await fake.signalled("SIGTERM")).toBe(0);
    expect(await accepts(address)).toBe(false);
    expect(fake.stderr).toMatch(
      /INFO {2}listener PLAINTEXT: 127\.0\.0\.1:\d+ and \[::1\]:\d+ -> localhost:\d+/,
    );
    expect(fake.stderr).toMatch(/INFO {2}SIGTERM: stopping\n.*INFO {2}stopped\n$/);
  });

  test("stops at once at a second signal", async () => {
    const fake = new FakeProcess();
    await fake.run("--port 0 --ephemeral");

    const codes = await Promise.all([fake.signalled("SIGTERM"), fake.signalled("SIGTERM")]);

    expect(codes).toEqual([1, 1]);
    expect(fake.stderr).toContain("odradek: stopped at once\n");
  });

  test("takes settings from environment and file, and warns of those it does not know", async () => {
    const fake = new FakeProcess();
    await fake.run("--ephemeral --config server.properties", {
      environment: { KAFKA_ADVERTISED_LISTENERS: "PLAINTEXT://kafka.example:7" },
      files: { "server.properties": "listeners=PLAINTEXT://127.0.0.1:0\nno.such=1\n" },
    });
    await fake.signalled("SIGINT");

    expect(fake.stdout).toBe("kafka.example:7\n");
    expect(fake.stderr).toContain("WARN  no.such is not a setting of Kafka's or ours");
  });

  test("helps, and tells its version", async () => {
    const [helping, telling] = [new FakeProcess(), new FakeProcess()];
    await Promise.all([helping.run("--help"), telling.run("--version")]);

    expect(helping.stdout).toContain("--topic NAME:PARTITIONS");
    expect(telling.stdout).toBe("1.2.3\n");
  });

  test.each([
    ["--port many", 2, "odradek: --port takes a port from 0 (any free one) to 65535, not 'many'\n"],
    [
      "--ephemeral --override num.partitions=0",
      2,
      "odradek: num.partitions must be at least 1, not 0\n",
    ],
    [
      "--override odradek.log.level=loud",
      2,
      "odradek: odradek.log.level takes trace, debug, info, warn, error, fatal, silent, not 'loud'\n",
    ],
  ])("with %s exits with %i and one sentence", async (args, code, sentence) => {
    const fake = new FakeProcess();
    await fake.run(args);

    expect(await fake.exited).toBe(code);
    expect(fake.stderr).toBe(sentence);
  });

  test("says which port is in use", async () => {
    const first = started();
    await first.run("--port 0 --ephemeral");
    const port = first.stdout.trim().split(":")[1];
    const second = new FakeProcess();
    await second.run(`--port ${port} --ephemeral`);

    expect(await second.exited).toBe(1);
    expect(second.stderr).toContain(`odradek: port ${port} on 127.0.0.1 is in use`);
  });
});
