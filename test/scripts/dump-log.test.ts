import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { describeFile } from "../../scripts/dump-log/describe-file.ts";
import { buildBatch } from "../../src/records/records.ts";

/** A data directory that Apache Kafka 4.4.0 left behind, and what is in it. */
const GOLDEN = fileURLToPath(new URL("../golden/log-dir", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../../scripts/dump-log.ts", import.meta.url));
const run = promisify(execFile);

interface GoldenBatch {
  readonly position: number;
  readonly bytes: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly leaderEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly codec: string;
  readonly timestampType: string;
  readonly transactional: boolean;
  readonly control: boolean;
  readonly records: number;
}

interface GoldenSnapshot {
  readonly entries: readonly { readonly producerId: number; readonly producerEpoch: number }[];
}

const { files } = JSON.parse(readFileSync(`${GOLDEN}.json`, "utf8")) as {
  readonly files: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

/** All golden files with this suffix: folder, name, and what is in them. */
function golden<T>(suffix: string): readonly (readonly [path: string, content: T])[] {
  return Object.entries(files).flatMap(([folder, content]) =>
    Object.entries(content)
      .filter(([name]) => name.endsWith(suffix))
      .map(([name, inside]) => [`${folder}/${name}`, inside as T] as const),
  );
}

function dumped(
  path: string,
  given: { readonly bytes?: Buffer; readonly records?: boolean; readonly whole?: boolean } = {},
): string[] {
  const { bytes = readFileSync(join(GOLDEN, path)), records = false, whole = true } = given;
  const readFile = (other: string) => readFileSync(other);
  const display = { records, whole };
  return [...describeFile({ path: join(GOLDEN, path), bytes }, display, readFile)];
}

/** The lines of records that begin with this offset. */
function recordLine(lines: readonly string[], offset: number): string {
  return lines.find((line) => line.startsWith(`    ${offset}  `)) ?? "";
}

describe("of what Apache Kafka wrote", () => {
  test.each(golden<readonly GoldenBatch[]>(".log"))("%s shows every batch", (path, batches) => {
    const lines = dumped(path);

    for (const [index, batch] of batches.entries()) {
      const line = lines[index];
      expect(line).toContain(`@${batch.position}  offsets ${batch.baseOffset}-${batch.lastOffset}`);
      expect(line).toContain(`  ${batch.bytes} bytes  ${batch.records} records  epoch 0  `);
      expect(line).toContain(`  ${batch.codec}  ${batch.timestampType}`);
      const producer = `  producer ${batch.producerId}/${batch.producerEpoch}`;
      expect(line?.includes(producer)).toBe(batch.producerId >= 0);
      expect(line?.includes("transactional")).toBe(batch.transactional);
      expect(line?.includes("control")).toBe(batch.control);
      expect(line).not.toContain("WRONG");
    }
    const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
    expect(lines.slice(batches.length)).toEqual([`${batches.length} batches, ${bytes} bytes`]);
  });

  test.each(
    golden<readonly { readonly relativeOffset: number; readonly position: number }[]>(".index"),
  )("%s shows every entry, each the end of a batch", (path, entries) => {
    const base = Number.parseInt(path.slice(path.indexOf("/") + 1), 10);

    expect(dumped(path)).toEqual(
      entries.map((e) => `offset ${base + e.relativeOffset}  position ${e.position}`),
    );
  });

  test.each(
    golden<readonly { readonly relativeOffset: number; readonly timestamp: number }[]>(
      ".timeindex",
    ),
  )("%s shows every entry, each a batch's time", (path, entries) => {
    const base = Number.parseInt(path.slice(path.indexOf("/") + 1), 10);
    const iso = (timestamp: number) => new Date(timestamp).toISOString();

    expect(dumped(path)).toEqual(
      entries.map(
        ({ timestamp, relativeOffset }) =>
          `${iso(timestamp)} (${timestamp})  offset ${base + relativeOffset}`,
      ),
    );
  });

  test.each(golden<GoldenSnapshot>(".snapshot"))("%s shows its producers", (path, { entries }) => {
    const lines = dumped(path);

    expect(lines.at(-1)).toBe(`${entries.length} producers`);
    expect(lines.slice(0, -1).map((line) => line.split("  ")[0])).toEqual(
      entries.map((entry) => `producer ${entry.producerId}/${entry.producerEpoch}`),
    );
  });

  test("records show keys, values, headers, times and sequences", () => {
    const lines = dumped("orders-0/00000000000000000000.log", { records: true });

    expect(lines.filter((line) => line.startsWith("    "))).toHaveLength(160);
    expect(recordLine(lines, 41)).toBe(
      '    41  2023-11-14T22:13:21.001Z  sequence 1  key "key-1"  value "gzip value number 1 abcabcabcabcabcabcabcabcabcabc"',
    );
  });

  test("the ends of transactions show what they decided", () => {
    const lines = dumped("orders-0/00000000000000000205.log", { records: true });

    expect(recordLine(lines, 205)).toContain("commit  coordinator epoch 0");
    expect(recordLine(lines, 211)).toContain("abort  coordinator epoch 0");
    expect(dumped("orders-0/00000000000000000205.txnindex")).toEqual([
      "producer 5  aborted offsets 206-211  last stable offset 212",
    ]);
  });

  test("records of groups show what they mean", () => {
    const lines = dumped("__consumer_offsets-0/00000000000000000000.log", { records: true });

    expect(recordLine(lines, 4)).toContain(
      'OffsetCommit {"group":"classic-group","topic":"orders","partition":0} = v4 {"offset":217,"leaderEpoch":0,"metadata":"","commitTimestamp":1795391937814,',
    );
    expect(recordLine(lines, 6)).toContain(
      'GroupMetadata {"group":"classic-group"} = v3 {"protocolType":"consumer","generation":2,"protocol":null,"leader":null,"currentStateTimestamp":1795391937853,"members":[]}',
    );
    expect(recordLine(lines, 8)).toContain(
      'ConsumerGroupMetadata {"groupId":"consumer-group"} = v0 {"epoch":2,"metadataHash":"6475197740315544819"}',
    );
    expect(recordLine(lines, 11)).toContain(
      '= v0 {"memberEpoch":2,"previousMemberEpoch":0,"state":0,"assignedPartitions":[{"topicId":"j4TTpccWQMGoxdSUVUQCiQ","partitions":[0]',
    );
    expect(recordLine(lines, 14)).toContain(
      'ConsumerGroupCurrentMemberAssignment {"groupId":"consumer-group","memberId":"ch8gI93KQqCKpHlExCu37w"} = none any more',
    );
    const records = lines.filter((line) => line.startsWith("    "));
    expect(records.filter((line) => line.includes("key "))).toEqual([]);
    expect(records).toHaveLength(19);
  });

  test("records of transactions and of the metadata show what they mean", () => {
    const transactions = dumped("__transaction_state-0/00000000000000000000.log", {
      records: true,
    });
    expect(recordLine(transactions, 3)).toContain(
      'TransactionLog {"transactionalId":"tx-commit"} = v1 {"producerId":4,',
    );

    const metadata = dumped("__cluster_metadata-0/00000000000000000000.log", { records: true });
    expect(recordLine(metadata, 143)).toContain(
      'TopicRecord v0 {"name":"empty","topicId":"cmCukujYQbusjEKTW3TImg"}',
    );
    expect(recordLine(metadata, 0)).toContain("leader change");
    expect(metadata.filter((line) => line.startsWith("    ") && line.includes("key "))).toEqual([]);
  });

  test("checkpoints show a partition's offset or an epoch's on each line", () => {
    expect(dumped("recovery-point-offset-checkpoint")).toContain("orders-0  offset 217");
    expect(dumped("orders-0/leader-epoch-checkpoint")).toEqual(["epoch 0  from offset 0"]);
    expect(dumped("orders-0/partition.metadata")).toContain("topic_id: j4TTpccWQMGoxdSUVUQCiQ");
  });

  test("no file is of a kind that is not known", () => {
    const names = readdirSync(GOLDEN, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(GOLDEN.length + 1));

    const unknown = names.filter((name) => dumped(name).join().includes("not known here"));

    expect(names.length).toBeGreaterThan(30);
    expect(unknown).toEqual([]);
  });
});

describe("of records", () => {
  const batch = (value: Buffer): Buffer =>
    buildBatch({
      records: [
        {
          key: null,
          value,
          headers: [
            { key: "trace", value: Buffer.from("1") },
            { key: "none", value: null },
          ],
        },
      ],
      timestamp: 1_700_000_000_000,
      baseOffset: 7,
    });
  const shown = (value: Buffer, whole: boolean) =>
    dumped("orders-0/00000000000000000007.log", { bytes: batch(value), records: true, whole })[1];

  test("headers are shown, and bytes that are no text in hex", () => {
    expect(shown(Buffer.from([0xff, 0x00]), false)).toBe(
      '    7  2023-11-14T22:13:20.000Z  key null  value 0xff00  headers trace="1", none=null',
    );
  });

  test("a long value is cut, unless all of it is asked for", () => {
    const long = Buffer.from("long ".repeat(100));

    expect(shown(long, false)).toContain("… (500 bytes)");
    expect(shown(long, true)).toContain(`value ${JSON.stringify(long.toString())}`);
  });
});

describe("of what is damaged", () => {
  const log = "orders-0/00000000000000000000.log";

  test("a batch with a byte that is another one is told, and its records are not believed", () => {
    const bytes = readFileSync(join(GOLDEN, log));
    bytes.writeUInt8(bytes.readUInt8(100) ^ 1, 100);

    const lines = dumped(log, { bytes, records: true });

    expect(lines[0]).toContain("CRC IS WRONG");
    expect(lines[1]).toContain("@693");
    expect(lines.filter((line) => line.includes("WRONG"))).toHaveLength(1);
  });

  test("what is left of a batch that was cut off is told", () => {
    const bytes = readFileSync(join(GOLDEN, log));

    const cut = dumped(log, { bytes: bytes.subarray(0, 693 + 100) });
    const shorter = dumped(log, { bytes: bytes.subarray(0, 693 + 9) });

    expect(cut.at(-1)).toBe("@693  100 bytes that are no whole batch");
    expect(shorter.at(-1)).toBe("@693  9 bytes that are too short for a batch");
  });

  test("an index that is not its segment's is told", () => {
    const name = "orders-0/00000000000000000000";
    const offsets = readFileSync(join(GOLDEN, `${name}.index`));
    offsets.writeInt32BE(20, 0);
    const times = readFileSync(join(GOLDEN, `${name}.timeindex`));
    times.writeBigInt64BE(1_700_000_000_018n, 0);

    expect(dumped(`${name}.index`, { bytes: offsets })[0]).toContain("NO BATCH ENDS SO");
    expect(dumped(`${name}.timeindex`, { bytes: times })[0]).toContain("NOT THAT BATCH'S TIME");
    const cut = dumped(`${name}.index`, { bytes: offsets.subarray(8, 19) });
    expect(cut).toEqual(["offset 29  position 1406", "3 BYTES THAT ARE NO ENTRY"]);
  });

  test("a snapshot that is not whole and a checkpoint with lines too few are told", () => {
    const name = "orders-0/00000000000000000217.snapshot";
    const bytes = readFileSync(join(GOLDEN, name)).subarray(0, -1);

    expect(dumped(name, { bytes })[0]).toContain("NO WHOLE SNAPSHOT");
    const short = Buffer.from("0\n2\norders 0 217\n");
    expect(dumped("replication-offset-checkpoint", { bytes: short }).at(-1)).toBe("1 LINES, NOT 2");
  });

  test("room that was set aside for an index is no entry", () => {
    const name = "orders-0/00000000000000000160.index";
    const bytes = Buffer.concat([readFileSync(join(GOLDEN, name)), Buffer.alloc(4096)]);

    expect(dumped(name, { bytes })).toEqual(["offset 199  position 666", "4096 bytes of room"]);
  });
});

test("the script shows a folder as a whole, and says how it is called", async () => {
  const tsx = ["--import", "tsx", SCRIPT];

  const { stdout } = await run(process.execPath, [
    ...tsx,
    "--records",
    join(GOLDEN, "compacted-0"),
  ]);

  expect(stdout).toContain(`00000000000000000000.log  88 bytes\n  @0  offsets 0-2`);
  expect(stdout).toContain("\n  1 batches, 88 bytes\n");
  await expect(run(process.execPath, tsx)).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("usage: "),
  });
}, 60_000);
