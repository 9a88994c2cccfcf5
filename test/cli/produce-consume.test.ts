import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Broker, startBroker } from "../../src/index.ts";
import { ran } from "../support/console/ran.ts";

let broker: Broker;
let server: readonly string[];

beforeAll(async () => {
  broker = await startBroker({ config: { "offsets.topic.num.partitions": "1" } });
  server = ["--bootstrap-server", broker.bootstrapServers];
});

afterAll(() => broker.stop());

/** A topic with these lines in one partition. */
async function topicOf(topic: string, lines: string): Promise<string> {
  await ran(["produce", ...server, "--topic", topic], { stdin: lines });
  return topic;
}

function jsonLines(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe("for programs, --json", () => {
  test("produce says where each record is", async () => {
    const words = ["produce", ...server, "--topic", "json-in", "--json"];

    const { stdout, exitCode } = await ran(words, { stdin: "a\nb\n" });

    expect(exitCode).toBe(0);
    expect(jsonLines(stdout)).toEqual([
      { topic: "json-in", partition: 0, offset: 0 },
      { topic: "json-in", partition: 0, offset: 1 },
    ]);
  });

  test("consume prints one object per record, with bytes that are no text in Base64", async () => {
    const parse = ["parse.headers=true", "headers.delimiter=|"].flatMap((property) => [
      "--reader-property",
      property,
    ]);
    await ran(["produce", ...server, "--topic", "json-out", ...parse], { stdin: "h:1|ü\n" });
    const words = ["consume", ...server, "--topic", "json-out", "--from-beginning", "--json"];

    const { stdout } = await ran([...words, "--max-messages", "1"]);

    expect(jsonLines(stdout)).toEqual([
      {
        topic: "json-out",
        partition: 0,
        offset: 0,
        timestamp: expect.any(Number),
        timestampType: "CreateTime",
        leaderEpoch: 0,
        key: null,
        value: "ü",
        headers: [{ key: "h", value: "1" }],
      },
    ]);
  });

  test("offsets prints one object per partition", async () => {
    const topic = await topicOf("json-offsets", "a\nb\n");

    const { stdout } = await ran(["offsets", ...server, "--topic", topic, "--json"]);

    expect(jsonLines(stdout)).toEqual([
      { topic, partition: 0, offset: 2, timestamp: -1, leaderEpoch: 0 },
    ]);
  });
});

describe("a consumer", () => {
  test("prints what comes while it waits, and ends with Ctrl-C", async () => {
    const topic = await topicOf("live", "before\n");
    const interruption = new AbortController();
    let stdout = "";
    const printed = (text: string) => {
      stdout += text;
      if (stdout.includes("after\n")) interruption.abort();
    };
    const consuming = ran(["consume", ...server, "--topic", topic, "--from-beginning"], {
      signal: interruption.signal,
      printed,
    });
    await topicOf("live", "after\n");

    const { exitCode, stderr } = await consuming;

    expect(stdout).toBe("before\nafter\n");
    expect([exitCode, stderr]).toEqual([130, "Processed a total of 2 messages\n"]);
  });

  test("says that a topic is not there, once, and waits for it", async () => {
    await using strict = await startBroker({ config: { "auto.create.topics.enable": false } });
    const there = ["--bootstrap-server", strict.bootstrapServers, "--topic", "nope"];
    const age = ["--consumer-property", "metadata.max.age.ms=10"];

    const { stderr } = await ran(["consume", ...there, ...age, "--timeout-ms", "500"]);

    const told = stderr.split("\n").filter((line) => line.startsWith("WARN"));
    expect(told).toEqual(["WARN there is no topic nope; waiting until there is"]);
  });

  test("begins a topic that was not there before with its first record", async () => {
    const interruption = new AbortController();
    let stdout = "";
    const printed = (text: string) => {
      stdout += text;
      if (stdout.includes("first\n")) interruption.abort();
    };
    const words = ["consume", ...server, "--include", "late-.*"];
    const refresh = ["--command-property", "metadata.max.age.ms=20"];
    const consuming = ran([...words, ...refresh], { signal: interruption.signal, printed });
    // It has looked which topics there are once it reads the end of one.
    while (!stdout.includes("early\n")) await topicOf("late-known", "early\n");
    await topicOf("late-comer", "first\n");
    await consuming;

    expect(stdout.replaceAll("early\n", "")).toBe("first\n");
  });

  test("of a partition that is not there ends and says so", async () => {
    const topic = await topicOf("narrow-one", "a\n");
    const words = ["consume", ...server, "--topic", topic, "--partition", "7", "--offset", "0"];

    const { stderr } = await ran(words);

    expect(stderr).toContain(`there is no partition 7 of topic ${topic}`);
  });

  test("ends when nobody reads what it prints", async () => {
    const topic = await topicOf("unheard", "a\n");
    let isOutputGone = false;
    const words = ["consume", ...server, "--topic", topic, "--from-beginning"];

    const { stderr } = await ran(words, {
      isOutputGone: () => isOutputGone,
      printed: () => {
        isOutputGone = true;
      },
    });

    expect(stderr).toBe(
      "Unable to write to standard out, closing consumer.\nProcessed a total of 1 messages\n",
    );
  });

  test("shares a topic's partitions with the others of its group, and goes on where the group was", async () => {
    const words = [
      "consume",
      ...server,
      "--topic",
      "shared",
      "--group",
      "sharers",
      "--from-beginning",
    ];
    await topicOf("shared", "one\ntwo\nthree\n");

    const first = await ran([...words, "--max-messages", "2"]);
    const second = await ran([...words, "--max-messages", "1"]);

    expect(first.stdout + second.stdout).toBe("one\ntwo\nthree\n");
  });

  test("of offsets prints what groups committed, and of groups what they are", async () => {
    const topic = await topicOf("watched", "a\nb\n");
    const reading = ["consume", ...server, "--topic", topic, "--from-beginning"];
    await ran([...reading, "--group", "watchers", "--max-messages", "2"]);
    const internal = ["consume", ...server, "--topic", "__consumer_offsets", "--from-beginning"];
    const formatter = (name: string) => ["--timeout-ms", "300", "--formatter", name];

    const offsets = await ran([...internal, ...formatter("OffsetsMessageFormatter")]);
    const groups = await ran([...internal, ...formatter("GroupMetadataMessageFormatter")]);

    expect(jsonLines(offsets.stdout)).toContainEqual({
      key: { type: 1, data: { group: "watchers", topic, partition: 0 } },
      value: {
        version: 4,
        data: {
          offset: 2,
          leaderEpoch: -1,
          metadata: "",
          commitTimestamp: expect.any(Number),
          topicId: expect.any(String),
        },
      },
    });
    expect(jsonLines(groups.stdout)).toContainEqual({
      key: { type: 2, data: { group: "watchers" } },
      value: {
        version: 3,
        data: expect.objectContaining({
          protocolType: "consumer",
          generation: 1,
          protocol: "range",
        }),
      },
    });
  });
});

describe("a producer", () => {
  test("sends what it has when Ctrl-C comes", async () => {
    const interruption = new AbortController();
    async function* stdin() {
      yield Buffer.from("typed\n");
      interruption.abort();
      await new Promise(() => {});
    }
    const words = ["produce", ...server, "--topic", "interrupted"];

    const { exitCode } = await ran(words, { stdin: stdin(), signal: interruption.signal });
    const { stdout } = await ran(["offsets", ...server, "--topic", "interrupted"]);

    expect([exitCode, stdout]).toEqual([130, "interrupted:0:1\n"]);
  });

  test.each([
    ["produce", "SIGINT", 130],
    ["produce", "SIGTERM", 143],
    ["consume", "SIGTERM", 143],
  ])("or consumer without a broker: %s ends at once with %s", async (name, signal, expected) => {
    const interruption = new AbortController();
    const nobody = ["--bootstrap-server", "127.0.0.1:1", "--topic", "t"];
    const running = ran([name, ...nobody], {
      stdin: "a\n",
      signal: interruption.signal,
      complained: (text) => {
        if (text.includes("127.0.0.1:1")) interruption.abort(signal);
      },
    });

    expect((await running).exitCode).toBe(expected);
  });

  test("says of a record that is refused what Kafka's says, and is well otherwise", async () => {
    const words = ["produce", ...server, "--topic", "narrow"];
    const limit = ["--command-property", "max.request.size=100"];

    const { exitCode, stderr } = await ran([...words, ...limit], { stdin: `${"x".repeat(90)}\n` });

    expect(exitCode).toBe(0);
    expect(stderr).toMatch(
      /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] ERROR Error when sending message to topic narrow with key: null, value: 90 bytes with error: \(org\.apache\.kafka\.clients\.producer\.internals\.ErrorLoggingCallback\)\norg\.apache\.kafka\.common\.errors\.RecordTooLargeException: The message is 172 bytes when serialized/,
    );
  });

  test("ends with code 1 at the first refusal where it waits for each record", async () => {
    const words = ["produce", ...server, "--topic", "narrow", "--sync"];
    const limit = ["--command-property", "max.request.size=100"];

    const { exitCode, stderr } = await ran([...words, ...limit], { stdin: `${"x".repeat(90)}\n` });

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^java\.util\.concurrent\.ExecutionException: .*RecordTooLargeException/,
    );
  });

  test("warns of settings that it takes and does not use", async () => {
    const words = ["produce", ...server, "--topic", "warned"];

    const { stderr } = await ran([...words, "--command-property", "interceptor.classes=x"]);

    expect(stderr).toContain("WARN The configuration 'interceptor.classes' was supplied");
  });
});

describe("every command", () => {
  test("has a help, and a version by which scripts know Kafka", async () => {
    const help = await ran(["produce", "--help"]);
    const version = await ran(["produce", "--version"]);

    expect([help.exitCode, help.stderr]).toEqual([0, ""]);
    expect(help.stdout).toMatch(/^odradek produce: [\s\S]*--reader-property KEY=VALUE/);
    expect(version.stdout).toMatch(/^4\.4\.0 \(Odradek 1\.2\.3\)\n$/);
  });

  test("that is not there is answered with those that are", async () => {
    const { exitCode, stderr } = await ran(["publish"]);

    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^odradek: there is no command publish; there are .*produce, consume, offsets/,
    );
  });

  test("takes a file of settings, and refuses in a sentence what it cannot speak", async () => {
    const files = { "client.properties": "security.protocol=SSL\n" };
    const words = ["offsets", ...server, "--command-config"];

    expect((await ran([...words, "client.properties"], { files })).stderr).toBe(
      "Error occurred: security.protocol=SSL is not supported: Odradek's commands speak PLAINTEXT\n",
    );
    expect((await ran([...words, "gone.properties"])).stderr).toContain(
      "Error occurred: gone.properties cannot be read: ENOENT",
    );
  });

  test("tries again for as long as it may while no broker is there, and says so once", async () => {
    const files = { "client.properties": "default.api.timeout.ms=350\n" };
    const nowhere = ["--bootstrap-server", "127.0.0.1:1", "--command-config", "client.properties"];

    const { exitCode, stderr } = await ran(["offsets", ...nowhere], { files });

    expect(exitCode).toBe(1);
    expect(stderr).toBe(
      "WARN no broker listens on 127.0.0.1:1 (ECONNREFUSED); trying again\nError occurred: no broker listens on 127.0.0.1:1 (ECONNREFUSED)\n",
    );
  });
});
