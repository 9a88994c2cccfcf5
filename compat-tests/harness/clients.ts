import { join } from "node:path";

export type Codec = "none" | "gzip" | "snappy" | "lz4" | "zstd";

const all: readonly Codec[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** A command that makes an adapter ready to run. */
interface Step {
  readonly argv: readonly string[];
  readonly cwd: string;
}

/** A real client: how its adapter is made and run, and what the client can do. */
export interface Client {
  readonly name: string;
  readonly folder: string;
  /** The adapter's command line, before the operation. */
  readonly argv: readonly string[];
  /** Programs that must be on the machine; what apt calls them where it has them. */
  readonly tools: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
  readonly codecs: readonly Codec[];
  /** Partitions keys as Java's client does, by default or by an option. */
  readonly murmur2: boolean;
  /** Has an admin client: creates topics, lists a group's committed offsets. */
  readonly admin: boolean;
  /** Headers, timestamps and empty values per record; false where a run has one set for all. */
  readonly perRecord: boolean;
  /** Packs snappy in Java's (Xerial's) framing; the others write bare blocks. */
  readonly framesSnappy: boolean;
  /** Reads Java's snappy framing. */
  readonly readsFramedSnappy: boolean;
  /** Tells an empty value from a null one when it reads. */
  readonly knowsEmpty: boolean;
  /** When it is told to leave while a record is in hand, commits that record and drops it. */
  readonly dropsWhenLeaving: boolean;
  /** Tells a consumer group which instance it was when it leaves for a while (KIP-848). */
  readonly namesInstance: boolean;
  /** Can number records and report each acknowledgement: takes part in the order check. */
  readonly sequences: boolean;
}

const home = join(import.meta.dirname, "..");
const cache = join(home, "../.cache/compat");

type Own = Pick<Client, "name" | "argv" | "tools" | "steps"> & Partial<Client>;

function client(own: Own): Client {
  const folder = join(home, own.name);
  return {
    codecs: all,
    murmur2: true,
    admin: true,
    perRecord: true,
    framesSnappy: false,
    readsFramedSnappy: true,
    knowsEmpty: true,
    dropsWhenLeaving: false,
    namesInstance: true,
    sequences: false,
    folder,
    ...own,
  };
}

function node(name: string, runtime: string, own: Partial<Client> = {}): Client {
  const cwd = join(home, name);
  const install = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund"];
  const argv = [runtime, join(cwd, "adapter.mjs")];
  return client({ name, argv, tools: { npm: "npm" }, steps: [{ argv: install, cwd }], ...own });
}

function python(name: string, own: Partial<Client> = {}): Client {
  const cwd = join(home, name);
  const venv = join(cache, "venv", name);
  const pip = [join(venv, "bin/pip"), "-q", "--disable-pip-version-check", "install"];
  const steps = [
    { argv: ["python3", "-m", "venv", venv], cwd },
    { argv: [...pip, "-r", "requirements.txt"], cwd },
  ];
  const argv = [join(venv, "bin/python"), join(cwd, "adapter.py")];
  return client({ name, argv, tools: { python3: "python3-venv" }, steps, ...own });
}

function go(name: string, own: Partial<Client> = {}): Client {
  const binary = join(cache, "bin", name);
  const steps = [{ argv: ["go", "build", "-o", binary, "."], cwd: join(home, name) }];
  return client({ name, argv: [binary], tools: { go: "golang" }, steps, ...own });
}

const jars = join(cache, "java/libs");
const maven = ["mvn", "-q", "-B", "compile", "dependency:copy-dependencies"];
const jvm = ["-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** Every client of the compatibility tests, the one that others are compared with first. */
export const clients: readonly Client[] = [
  client({
    name: "java",
    argv: ["java", ...jvm, "-cp", `${join(cache, "java/classes")}:${jars}/*`, "Adapter"],
    tools: { java: "openjdk-17-jdk-headless", mvn: "maven" },
    steps: [{ argv: [...maven, `-DoutputDirectory=${jars}`], cwd: join(home, "java") }],
    framesSnappy: true,
    sequences: true,
  }),
  node("kafkajs", process.execPath),
  // It needs a newer Node than ours; its folder brings one along.
  node("platformatic", join(home, "platformatic/node_modules/node/bin/node"), {
    readsFramedSnappy: false,
  }),
  python("confluent-kafka", { sequences: true }),
  python("kafka-python", { framesSnappy: true }),
  python("aiokafka", { framesSnappy: true }),
  // 1.22 leaves as a static member without the name of its instance, which Kafka 4.4 refuses.
  go("franz-go", { sequences: true, namesInstance: false }),
  go("sarama", { murmur2: false, framesSnappy: true }),
  go("kafka-go", { framesSnappy: true, knowsEmpty: false }),
  client({
    name: "kcat",
    argv: ["python3", join(home, "kcat/adapter.py")],
    tools: { kcat: "kcat", python3: "python3" },
    steps: [],
    admin: false,
    perRecord: false,
    dropsWhenLeaving: true,
  }),
];
