import { call, type Line } from "../harness/adapter.ts";
import type { Client, Codec } from "../harness/clients.ts";
import { eachOf } from "../harness/report.ts";
import type { Context } from "./context.ts";
import { PARTITIONS, type TestRecord, topicsOf } from "./records.ts";
import type { Expected } from "./write.ts";

/** Every client reads everything that all clients wrote: a check for each pair. */
export async function readAll(context: Context, expected: Expected): Promise<void> {
  const times = new Map<string, unknown>();
  await eachOf(context.clients, context.parallel, async (reader) => {
    const lines = await read(context, reader, expected);
    if (lines === undefined) return;
    for (const writer of context.clients) {
      const written = topicsOf(writer).filter(({ topic }) => lines.has(topic));
      if (written.length === 0) continue;
      const codecs = written.map(({ codec }) => codec).join(" ");
      await context.report.check(`${reader.name} reads ${writer.name}: ${codecs}`, async () => {
        for (const { topic } of written) {
          compare(lines.get(topic) ?? [], {
            topic,
            want: expected.get(topic) ?? [],
            times,
            reader,
          });
        }
        return readable(reader, writer, "snappy") ? undefined : "cannot read its snappy framing";
      });
    }
  });
}

function readable(reader: Client, writer: Client, codec: Codec): boolean {
  return codec !== "snappy" || !writer.framesSnappy || reader.readsFramedSnappy;
}

async function read(
  { broker: { bootstrap }, clients, report }: Context,
  reader: Client,
  expected: Expected,
): Promise<Map<string, Line[]> | undefined> {
  const topics = clients
    .flatMap(topicsOf)
    .filter(({ topic, writer, codec }) => expected.has(topic) && readable(reader, writer, codec))
    .map(({ topic }) => topic);
  const count = topics.flatMap((topic) => expected.get(topic) ?? []).flat().length;
  const request = {
    bootstrap,
    topics,
    count,
    partitions: PARTITIONS,
    group: `read-${reader.name}`,
  };
  const byTopic = new Map<string, Line[]>(topics.map((topic) => [topic, []]));
  try {
    for (const line of await call(reader, "consume", request, 120_000)) {
      byTopic.get(String(line["topic"]))?.push(line);
    }
    return byTopic;
  } catch (error) {
    report.fail(`${reader.name} reads ${topics.length} topics`, (error as Error).message);
    return undefined;
  }
}

/** The same with an empty value wherever there was none. */
function emptied({ value, headers }: Line): object {
  const pairs = headers as readonly (readonly [string, string | null])[];
  return { value: value ?? "", headers: pairs.map(([key, each]) => [key, each ?? ""]) };
}

interface Topic {
  readonly reader: Client;
  readonly topic: string;
  readonly want: readonly (readonly TestRecord[])[];
  /** Times that the writer's client chose, as the first reader saw them: all must see the same. */
  readonly times: Map<string, unknown>;
}

/** Throws the first difference between what was read and what was written. */
function compare(lines: readonly Line[], { reader, topic, want, times }: Topic): void {
  const next = Array.from({ length: PARTITIONS }, () => 0);
  for (const line of lines) {
    const partition = Number(line["partition"]);
    const offset = next[partition] ?? 0;
    const place = `${topic}-${partition}@${offset}`;
    if (line["offset"] !== offset) throw new Error(`${place}: came with offset ${line["offset"]}`);
    next[partition] = offset + 1;
    const record = want[partition]?.[offset];
    if (record === undefined) throw new Error(`${place}: more than was written`);
    const timestamp = record.timestamp ?? times.get(place) ?? line["timestamp"];
    times.set(place, timestamp);
    const exact = { ...record, timestamp };
    if (reader.knowsEmpty) sameFields(place, line, exact);
    else sameFields(place, { ...line, ...emptied(line) }, { ...exact, ...emptied(exact) });
  }
  const missing = want.flat().length - lines.length;
  if (missing !== 0) throw new Error(`${topic}: ${missing} records missing`);
}

function sameFields(place: string, line: Line, record: object): void {
  for (const [field, value] of Object.entries(record)) {
    const [got, wanted] = [JSON.stringify(line[field]), JSON.stringify(value)];
    if (got !== wanted) {
      throw new Error(`${place}: ${field} is ${got?.slice(0, 200)}, not ${wanted.slice(0, 200)}`);
    }
  }
}
