import type { BrokerProcess } from "../broker/broker-process.ts";
import { call, type Line } from "../harness/adapter.ts";
import type { Client } from "../harness/clients.ts";
import { eachOf, type Report } from "../harness/report.ts";
import { ask } from "../scenario/ask.ts";
import { sourcesFor, type Target, targets, told, waysOf } from "./matrix.ts";
import { storedTopic } from "./stored.ts";
import { recordsOf, seen, type TestRecord } from "./written.ts";

const CALL_TIMEOUT_MS = 60_000;
/** Of one client. */
const WRITING_PROCESSES = 3;

/** A broker of one installation, and who talks to it. */
export interface Exchange {
  readonly report: Report;
  readonly broker: BrokerProcess;
  readonly dataDirectory: string;
  readonly clients: readonly Client[];
  /** What begins every line of the report. */
  readonly installation: string;
}

/** One producer's records in one topic, in their order. */
interface Written {
  readonly writer: Client;
  readonly topic: string;
  readonly codec: string;
  readonly level?: number;
  /** Of a topic with a codec of its own. */
  readonly target?: Target;
  readonly records: readonly TestRecord[];
}

/** Every client writes in every way, and every client reads all of it: a check for each pair. */
export async function exchange(context: Exchange): Promise<void> {
  const { report, clients } = context;
  const written = clients.flatMap((writer, turn) => [
    ...waysOf(writer.name).map((way) => asItComes(writer, way)),
    ...targets.flatMap((target, n) => madeAnew(writer, target, turn + n)),
  ]);
  await createTopics(context, written);
  await eachOf(clients, 2, async (writer) => {
    const own = written.filter((one) => one.writer === writer);
    await report.check(`${context.installation}: ${writer.name} writes`, async () => {
      const began = performance.now();
      await Promise.all(shares(own).map((share) => write(context, share)));
      return `${own.length} times, ${secondsSince(began)}`;
    });
  });
  await eachOf(clients, 2, (reader) => read(context, reader, written));
  await checkStored(context, written);
}

function asItComes(
  writer: Client,
  way: { readonly codec: string; readonly level?: number },
): Written {
  const topic = `${writer.name}-${way.codec}${way.level === undefined ? "" : `.${way.level}`}`;
  return { writer, topic, ...way, records: recordsOf(topic) };
}

function madeAnew(writer: Client, target: Target, turn: number): Written[] {
  return sourcesFor(target, turn).map((codec) => ({
    writer,
    topic: target.topic,
    codec,
    target,
    records: recordsOf(`${writer.name} ${codec} ${target.topic}`),
  }));
}

async function createTopics({ broker }: Exchange, written: readonly Written[]): Promise<void> {
  const asItComes = new Set(written.filter((one) => one.target === undefined).map((w) => w.topic));
  const topics = [
    ...[...asItComes].map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 })),
    ...targets.map(({ topic, compressionType, level }) => ({
      topic,
      numPartitions: 1,
      replicationFactor: 1,
      configEntries: [
        { name: "compression.type", value: compressionType },
        ...(level === undefined
          ? []
          : [{ name: `compression.${compressionType}.level`, value: String(level) }]),
      ],
    })),
  ];
  await ask(broker.bootstrap, (admin) => admin.createTopics({ topics, waitForLeaders: true }));
}

/** Some of what one client writes, by one process. */
async function write({ broker }: Exchange, own: readonly Written[]): Promise<void> {
  const [first] = own;
  if (first === undefined) return;
  const topics = own.map(({ topic, codec, level, records }) => ({
    topic,
    codec,
    ...(level === undefined ? {} : { level }),
    records,
  }));
  const request = { bootstrap: broker.bootstrap, topics, records: [] };
  const lines = await call(first.writer, "produce", request, CALL_TIMEOUT_MS);
  const wanted = own.reduce((sum, { records }) => sum + records.length, 0);
  const acknowledged = lines.filter(({ offset }) => typeof offset === "number").length;
  if (acknowledged !== wanted) throw new Error(`${acknowledged} of ${wanted} acknowledged`);
}

/** Each client waits more than it works. */
function shares<T>(items: readonly T[]): T[][] {
  return Array.from({ length: WRITING_PROCESSES }, (_, share) =>
    items.filter((_item, n) => n % WRITING_PROCESSES === share),
  );
}

async function read(context: Exchange, reader: Client, written: readonly Written[]): Promise<void> {
  const { broker, report, installation, clients } = context;
  const topics = [...new Set(written.map(({ topic }) => topic))];
  const count = written.reduce((sum, { records }) => sum + records.length, 0);
  const group = `read-${reader.name}`;
  const request = { bootstrap: broker.bootstrap, topics, partitions: 1, count, group };
  let lines: readonly Line[] = [];
  const name = `${installation}: ${reader.name} reads`;
  const isRead = await report.check(`${name} it all`, async () => {
    const began = performance.now();
    lines = await call(reader, "consume", request, CALL_TIMEOUT_MS);
    return `${lines.length} records, ${secondsSince(began)}`;
  });
  if (!isRead) return;
  const bySession = seen(lines);
  for (const writer of clients) {
    const own = written.filter((one) => one.writer === writer);
    const plain = own.filter(({ target }) => target === undefined);
    await report.check(`${name} ${writer.name}: ${told(plain)}`, async () => {
      for (const one of plain) compare(bySession, one);
      return undefined;
    });
    const anew = own.filter(({ target }) => target !== undefined);
    const kinds = targets.map(({ compressionType, ...rest }) => ({
      ...rest,
      codec: compressionType,
    }));
    await report.check(`${name} ${writer.name}, made anew: ${told(kinds)}`, async () => {
      for (const one of anew) compare(bySession, one);
      return `${anew.length} times`;
    });
  }
}

function secondsSince(began: number): string {
  return `${((performance.now() - began) / 1000).toFixed(1)} s`;
}

/** What one producer wrote is there as it was, each record once, in order. */
function compare(lines: ReadonlyMap<string, readonly string[]>, one: Written): void {
  const session = one.records[0]?.session ?? "";
  const found = lines.get(`${one.topic}/${session}`) ?? [];
  const wanted = one.records.map(({ text }) => text);
  const at = wanted.findIndex((text, n) => found[n] !== text);
  if (at >= 0 || found.length !== wanted.length) {
    throw new Error(
      `${one.topic} from ${one.codec}: record ${at} of ${wanted.length} (${found.length} found) is ${found[at]?.slice(0, 200)}`,
    );
  }
}

/** What lies on the disk is in the codec that was asked for. */
async function checkStored(context: Exchange, written: readonly Written[]): Promise<void> {
  const { report, installation, dataDirectory, clients } = context;
  for (const writer of clients) {
    const framing = writer.framesSnappy ? "snappy xerial" : "snappy raw";
    await report.check(`${installation}: ${writer.name} is stored as it came`, async () => {
      for (const { topic, codec } of written) {
        if (!topic.startsWith(`${writer.name}-`)) continue;
        const wanted = codec === "snappy" ? framing : codec;
        const { codecs } = await storedTopic(dataDirectory, topic);
        if (codecs.join() !== wanted) throw new Error(`${topic} is in ${codecs.join()}`);
      }
      return framing;
    });
  }
  const sizes = new Map<string, number>();
  for (const { topic, compressionType, level } of targets) {
    // Where raw snappy came it stays.
    const wanted = compressionType === "snappy" ? "snappy raw,snappy xerial" : compressionType;
    const which = `${compressionType}${level === undefined ? "" : ` level ${level}`}`;
    await report.check(`${installation}: the broker makes it anew as ${which}`, async () => {
      const { codecs, batches, bytes } = await storedTopic(dataDirectory, topic);
      if (codecs.join() !== wanted) throw new Error(`it is in ${codecs.join()}`);
      sizes.set(topic, bytes);
      return `${batches} batches, ${bytes} bytes`;
    });
  }
  for (const codec of ["gzip", "zstd"]) {
    await report.check(`${installation}: a higher level of ${codec} makes it smaller`, async () => {
      const [lowest = 0, highest = 0] = ["lowest", "highest"].map(
        (end) => sizes.get(`anew-${codec}-${end}`) ?? 0,
      );
      if (!(highest > 0 && highest < lowest)) throw new Error(`${lowest} and ${highest} bytes`);
      return undefined;
    });
  }
}
