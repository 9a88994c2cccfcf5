import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fetch } from "../../src/protocol/generated/fetch.ts";
import { initProducerId } from "../../src/protocol/generated/init-producer-id.ts";
import { produce } from "../../src/protocol/generated/produce.ts";
import { batchesIn, buildBatch, recordsOf } from "../../src/records/records.ts";
import { RawClient, requestFrame } from "../scenarios/client.ts";
import { randomFrom } from "../support/frame-mutations.ts";

const KILLS = 20;
const PARTITIONS = 3;
const IN_FLIGHT = 4;
const GZIP = 1;
const root = join(import.meta.dirname, "../..");

/** The broker as a process of its own, that can be killed. */
class Victim {
  readonly port: number;
  readonly #child: ChildProcess;
  isDead = false;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
    child.once("exit", () => {
      this.isDead = true;
    });
  }

  static async start(directory: string, settings: readonly string[]): Promise<Victim> {
    const flags = ["--port", "0", "--data-dir", directory, "--topic", `t:${PARTITIONS}`];
    const overrides = settings.flatMap((setting) => ["--override", setting]);
    const argv = ["--import", "tsx", "src/main.ts", ...flags, ...overrides];
    const child = spawn(process.execPath, argv, {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    return new Victim(child, Number(/:(\d+)/.exec(line.toString())?.[1]));
  }

  async kill(): Promise<void> {
    if (this.isDead) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await exited;
  }
}

/** Values of one partition: the sequence number of each is also its offset. */
interface Stream {
  readonly index: number;
  nextSequence: number;
  /** Sent, and not known to be there. */
  pending: Sent[];
}

interface Sent {
  readonly baseSequence: number;
  readonly count: number;
}

function batchOf({ index }: Stream, { baseSequence, count }: Sent, producerId: number): Buffer {
  const records = Array.from({ length: count }, (_, i) => {
    const value = `${index}:${baseSequence + i}:${"x".repeat((baseSequence + i) % 300)}`;
    return { key: null, value: Buffer.from(value) };
  });
  const compression = baseSequence % 3 === 0 ? GZIP : 0;
  const producer = { producerId, producerEpoch: 0, baseSequence };
  return buildBatch({ records, timestamp: Date.now(), compression, ...producer });
}

/** Sends batches one behind the other. True once the broker says that all are where they belong. */
async function send(client: RawClient, stream: Stream, batches: readonly Sent[], id: number) {
  for (const sent of batches) {
    const records = batchOf(stream, sent, id);
    const topicData = [{ name: "t", partitionData: [{ index: stream.index, records }] }];
    client.connection.send(requestFrame(produce, 9, { acks: -1, timeoutMs: 5000, topicData }));
  }
  for (const sent of batches) {
    const answer = await client.answerTo(produce, 9).catch(() => undefined);
    if (answer === undefined) return false;
    const { errorCode, baseOffset } = answer.responses[0]?.partitionResponses[0] ?? {};
    expect([errorCode, baseOffset]).toEqual([0, sent.baseSequence]);
    stream.pending = stream.pending.filter((one) => one !== sent);
  }
  return true;
}

async function produceUntilDead(
  victim: Victim,
  stream: Stream,
  run: { readonly producerId: number; readonly random: (below: number) => number },
): Promise<void> {
  const client = await RawClient.open(victim.port);
  let goesOn = true;
  while (goesOn && !victim.isDead) {
    const batches = Array.from({ length: IN_FLIGHT }, () => {
      const sent = { baseSequence: stream.nextSequence, count: 1 + run.random(20) };
      stream.nextSequence += sent.count;
      return sent;
    });
    stream.pending.push(...batches);
    goesOn = await send(client, stream, batches, run.producerId);
  }
  client.close();
}

async function valuesIn(client: RawClient, index: number): Promise<string[]> {
  const values: string[] = [];
  for (;;) {
    const partition = {
      partition: index,
      fetchOffset: values.length,
      partitionMaxBytes: 1_000_000,
    };
    const topics = [{ topic: "t", partitions: [partition] }];
    const body = { maxWaitMs: 0, minBytes: 0, topics, sessionId: 0, sessionEpoch: -1 };
    const { responses } = await client.ask(fetch, 11, body);
    const bytes = Buffer.concat([responses[0]?.partitions[0]?.records ?? []].flat());
    const before = values.length;
    for (const at of batchesIn(bytes)) {
      for (const { offset, value } of recordsOf(bytes, at)) {
        if (offset === values.length) values.push(String(value).split(":x")[0] as string);
      }
    }
    if (values.length === before) return values;
  }
}

test.each([
  ["with the operating system", []],
  ["on the disk", ["log.flush.interval.messages=1", "log.segment.bytes=1048576"]],
])(
  "acks that mean %s hold through kill -9: each record is there once, in order",
  async (_, settings) => {
    const directory = mkdtempSync(join(tmpdir(), "odradek-"));
    const seed = Date.now() % 2 ** 31;
    const random = randomFrom(seed);
    let victim = await Victim.start(directory, settings);
    let client = await RawClient.open(victim.port);
    const asNew = { transactionalId: null, transactionTimeoutMs: 0 };
    const { producerId = -1 } = await client.ask(initProducerId, 4, asNew);
    const streams: Stream[] = Array.from({ length: PARTITIONS }, (_, index) => ({
      index,
      nextSequence: 0,
      pending: [],
    }));

    for (let kill = 0; kill < KILLS; kill++) {
      const doomed = victim;
      const run = { producerId, random };
      const running = streams.map((stream) => produceUntilDead(doomed, stream, run));
      setTimeout(() => void doomed.kill(), 50 + random(500));
      await Promise.all(running);
      await doomed.kill();
      client.close();
      victim = await Victim.start(directory, settings);
      client = await RawClient.open(victim.port);
      for (const stream of streams) {
        // As a client does: again, in order, under the sequences they had.
        expect(await send(client, stream, stream.pending, producerId), `seed ${seed}`).toBe(true);
      }
    }

    for (const { index, nextSequence } of streams) {
      const expected = Array.from({ length: nextSequence }, (_, i) => `${index}:${i}`);
      const values = (await valuesIn(client, index)).map((value) => value.replace(/:$/, ""));
      expect(values, `seed ${seed}`).toEqual(expected);
    }
    client.close();
    await victim.kill();
    rmSync(directory, { recursive: true, force: true });
  },
);
