import { deepStrictEqual, match, ok } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Report } from "../harness/report.ts";
import { RECORD_GAP_MS, RECORDS, type Scene } from "./scene.ts";

const LIMIT_MS = 30_000;

/** A command line of kcat, and what its output must be. */
type Page = (scene: Scene) => Promise<void>;

/** Runs kcat to its end; an error if it fails. */
async function kcat(scene: Scene, args: readonly string[], input = ""): Promise<string> {
  const options = { timeout: LIMIT_MS, killSignal: "SIGKILL" as const };
  const child = spawn("kcat", ["-b", scene.bootstrap, ...args], options);
  let [out, err] = ["", ""];
  child.stdout.on("data", (text: Buffer) => {
    out += text.toString();
  });
  child.stderr.on("data", (text: Buffer) => {
    err += text.toString();
  });
  const ended = once(child, "close");
  child.stdin.on("error", () => undefined); // it ended before it read
  child.stdin.end(input);
  const [code] = await ended;
  ok(code === 0, `kcat ${args.join(" ")} ended with ${code}: ${err.slice(-800)}`);
  return out;
}

async function lines(scene: Scene, args: readonly string[], input = ""): Promise<string[]> {
  return (await kcat(scene, args, input)).split("\n").filter((line) => line !== "");
}

interface Listed {
  readonly brokers: readonly { readonly id: number; readonly name: string }[];
  readonly controllerid: number;
  readonly topics: readonly {
    readonly topic: string;
    readonly error?: string;
    readonly partitions: readonly { readonly leader: number; readonly isrs: readonly object[] }[];
  }[];
}

/** A record as `-J` prints it. */
interface Printed {
  readonly partition: number;
  readonly offset: number;
  readonly ts: number;
  readonly key: string | null;
  readonly headers: readonly string[];
  readonly payload: string | null;
}

async function records(scene: Scene, args: readonly string[]): Promise<Printed[]> {
  return (await lines(scene, ["-C", "-J", "-q", ...args])).map((line) => JSON.parse(line));
}

async function listAll(scene: Scene): Promise<void> {
  const out = await kcat(scene, ["-L"]);
  match(out, /^ 1 brokers:$/m);
  match(out, /^ {2}broker 1 at (127\.0\.0\.1|localhost):\d+ \(controller\)$/m);
  match(out, /^ {2}topic "orders" with 3 partitions:$/m);
  match(out, /^ {4}partition 2, leader 1, replicas: 1, isrs: 1$/m);
  match(out, /^ {2}topic "__consumer_offsets" with \d+ partitions:$/m);
}

async function listOne(scene: Scene): Promise<void> {
  const out = await kcat(scene, ["-L", "-t", "orders"]);
  match(out, /^ 1 topics:\n {2}topic "orders" with 3 partitions:$/m);
}

async function listJson(scene: Scene): Promise<void> {
  const listed = JSON.parse(await kcat(scene, ["-L", "-J"])) as Listed;
  const [, port] = scene.bootstrap.split(":");
  deepStrictEqual(
    listed.brokers.map(({ id, name }) => [id, name.split(":")[1]]),
    [[1, port]],
  );
  deepStrictEqual(listed.controllerid, 1);
  const counts = Object.fromEntries(listed.topics.map((t) => [t.topic, t.partitions.length]));
  deepStrictEqual([counts["orders"], counts["profiles"], counts["empty"]], [3, 1, 2]);
  ok(listed.topics.every((topic) => topic.error === undefined));
  ok(listed.topics.every((t) => t.partitions.every((p) => p.leader === 1 && p.isrs.length === 1)));
}

async function query(scene: Scene): Promise<void> {
  const at = async (timestamp: number | string): Promise<string[]> =>
    lines(scene, ["-Q", "-t", `orders:1:${timestamp}`]);
  deepStrictEqual(await at(scene.since + 42 * RECORD_GAP_MS), ["orders [1] offset 42"]);
  deepStrictEqual(await at(scene.since + 42 * RECORD_GAP_MS + 1), ["orders [1] offset 43"]);
  deepStrictEqual(await at(scene.since - 1000), ["orders [1] offset 0"]);
  deepStrictEqual(await at(-2), ["orders [1] offset 0"]);
  deepStrictEqual(await at(-1), [`orders [1] offset ${RECORDS}`]);
  // After the last record: Kafka has no such offset, which kcat prints as the end.
  deepStrictEqual(await at(Date.now() + 1000), ["orders [1] offset -1"]);
  const several = ["-t", `orders:0:${scene.since}`, "-t", "profiles:0:-1", "-t", "empty:1:-1"];
  const expected = ["empty [1] offset 0", "orders [0] offset 0", "profiles [0] offset 20"];
  deepStrictEqual((await lines(scene, ["-Q", ...several])).sort(), expected);
}

async function produceAndRead(scene: Scene): Promise<void> {
  const headers = ["-H", "trace=abc", "-H", "trace=def", "-H", "empty="];
  for (const [index, codec] of ["none", "gzip", "snappy", "lz4", "zstd"].entries()) {
    const topic = `kcat-${codec}`;
    const input = "one=1\ntwo=2\nthree=\n";
    await kcat(scene, ["-P", "-t", topic, "-p", "0", "-z", codec, "-K=", "-Z", ...headers], input);
    const read = await records(scene, ["-t", topic, "-e"]);
    deepStrictEqual(
      read.map(({ offset, key, payload }) => [offset, key, payload]),
      [
        [0, "one", "1"],
        [1, "two", "2"],
        [2, "three", null],
      ],
      `with ${codec}, the ${index}th`,
    );
    deepStrictEqual(read[0]?.headers, ["trace", "abc", "trace", "def", "empty", ""]);
  }
}

async function produceOptions(scene: Scene): Promise<void> {
  const safe = ["-X", "enable.idempotence=true", "-X", "acks=all", "-X", "linger.ms=5"];
  const many = Array.from({ length: 2000 }, (_, n) => `${n % 7}:${n}`).join("\n");
  await kcat(scene, ["-P", "-t", "kcat-many", "-K:", ...safe], many);
  await kcat(scene, ["-P", "-t", "kcat-many", "-X", "acks=0"], "without an answer");
  await kcat(scene, ["-P", "-t", "kcat-many", "-X", "acks=1", "-k", "key"], "with one");
  const read = await records(scene, ["-t", "kcat-many", "-e", "-o", "beginning"]);
  const numbers = read.map(({ payload }) => payload).filter((text) => /^\d+$/.test(text ?? ""));
  deepStrictEqual(
    numbers,
    Array.from({ length: 2000 }, (_, n) => String(n)),
  );
  deepStrictEqual(read.length, 2002);
}

async function readPositions(scene: Scene): Promise<void> {
  const offsets = async (...args: string[]): Promise<number[]> =>
    (await records(scene, ["-t", "orders", "-p", "0", ...args])).map(({ offset }) => offset);
  deepStrictEqual(await offsets("-o", "-3", "-e"), [97, 98, 99]);
  deepStrictEqual(await offsets("-o", "10", "-c", "3"), [10, 11, 12]);
  deepStrictEqual((await offsets("-o", "beginning", "-e")).length, RECORDS);
  deepStrictEqual(await offsets("-o", "end", "-e"), []);
  const [from, to] = [5, 8].map((n) => scene.since + n * RECORD_GAP_MS);
  deepStrictEqual(await offsets("-o", `s@${from}`, "-o", `e@${to}`), [5, 6, 7]);
  const everywhere = await records(scene, ["-t", "orders", "-o", "beginning", "-e"]);
  deepStrictEqual(everywhere.length, 3 * RECORDS);
  const [first] = everywhere.filter(({ partition }) => partition === 2);
  deepStrictEqual(first?.key, "order-2-0");
  deepStrictEqual(first?.headers, ["trace", "2/0", "source", "scene"]);
  deepStrictEqual(first?.ts, scene.since);
}

async function readFormat(scene: Scene): Promise<void> {
  const format = "%t %p %o %T %K %S %k %h\\n";
  const from = ["-t", "orders", "-p", "1", "-o", "7", "-c", "1"];
  const [line] = await lines(scene, ["-C", "-q", ...from, "-f", format]);
  const timestamp = scene.since + 7 * RECORD_GAP_MS;
  const value = JSON.stringify({ partition: 1, n: 7, text: "xxxxxxx" });
  const expected = `orders 1 7 ${timestamp} 9 ${value.length} order-1-7 trace=1/7,source=scene`;
  deepStrictEqual(line, expected);
}

async function readCommitted(scene: Scene): Promise<void> {
  for (const level of ["read_committed", "read_uncommitted"]) {
    const options = ["-X", `isolation.level=${level}`, "-X", "check.crcs=true"];
    const read = await records(scene, ["-t", "profiles", "-e", "-o", "beginning", ...options]);
    deepStrictEqual(read.length, 20);
    deepStrictEqual(read.at(-1)?.payload, null);
  }
}

async function group(scene: Scene): Promise<void> {
  const options = ["-X", "auto.offset.reset=earliest", "-X", "session.timeout.ms=10000"];
  const member = ["-e", "-q", "-f", "%k\\n", ...options, "-G", "kcat-group", "orders", "kcat-none"];
  deepStrictEqual((await lines(scene, member)).length, 3 * RECORDS + 3);
  // What the first member committed when it left is where the second goes on.
  await kcat(scene, ["-P", "-t", "kcat-none", "-k", "late"], "late");
  deepStrictEqual(await lines(scene, member), ["late"]);
}

async function unknownTopic(scene: Scene): Promise<void> {
  const auto = [
    "-X",
    "allow.auto.create.topics=false",
    "-X",
    "topic.metadata.propagation.max.ms=0",
  ];
  const failed = await kcat(scene, ["-C", "-t", "kcat-missing", "-e", ...auto]).catch(String);
  match(failed, /Unknown topic or partition/);
}

const pages: Readonly<Record<string, Page>> = {
  "-L lists the broker and every topic": listAll,
  "-L -t lists one topic": listOne,
  "-L -J lists as JSON": listJson,
  "-Q finds offsets by timestamp, the start and the end": query,
  "-P writes keys, headers and tombstones with each codec, -C reads them": produceAndRead,
  "-P writes with each kind of acknowledgement": produceOptions,
  "-C reads from offsets, from the end, between timestamps": readPositions,
  "-C prints what its format asks for": readFormat,
  "-C reads with each isolation level and checks the CRC": readCommitted,
  "-G reads in a group and goes on where it stopped": group,
  "-C says that a topic is unknown": unknownTopic,
};

/** kcat itself, with the command lines that people type. */
export async function playKcat(report: Report, scene: Scene): Promise<void> {
  for (const [page, work] of Object.entries(pages)) {
    await report.check(`kcat: ${page}`, async () => {
      await work(scene);
      return undefined;
    });
  }
}
