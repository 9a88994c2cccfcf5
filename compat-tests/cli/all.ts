import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { comparable } from "../../test/support/cli/comparable.ts";
import { say, toldByKafka } from "../../test/support/cli/compared.ts";
import { stories } from "../../test/support/cli/stories/all.ts";
import { type Story, storySettings, type Told } from "../../test/support/cli/story.ts";
import { type Said, tell } from "../../test/support/cli/telling.ts";
import { prepareKafka } from "../broker/kafka.ts";
import { prepareOdradek } from "../broker/odradek.ts";
import type { Report } from "../harness/report.ts";
import { KafkaTools } from "./tools.ts";

type Run = (words: readonly string[]) => Promise<Said>;
type Prepare = typeof prepareKafka;

const onOdradek = "Kafka's tool on Odradek";
const CHANGES: ReadonlySet<string> = new Set(["--alter", "--create", "--delete", "--execute"]);
const PUBLISHED_MS = 300;
const golden = join(import.meta.dirname, "../../test/golden/cli");

export interface CommandLineChecks {
  readonly report: Report;
  /** Another build of Odradek than the present one. */
  readonly main?: string | undefined;
  /** Only these stories; all where it is left out. */
  readonly only?: readonly string[] | undefined;
}

/** Kafka's tools on Odradek, and Odradek's commands on Kafka, say what Kafka's tools said on Kafka. */
export async function checkCommandLines({ report, main, only }: CommandLineChecks): Promise<void> {
  const tools = await KafkaTools.start();
  const here: Prepare = (directory, more) => prepareOdradek(directory, main, more);
  try {
    for (const story of chosen(only)) {
      const recorded = toldByKafka(story);
      const onUs = await toldOn(story, here, (words) => tools.run(words));
      const ours = withOwnWording(story);
      await compare(report, ours, { who: onOdradek, recorded, told: onUs });
      const onKafka = await toldOn(story, prepareKafka, sayInTime);
      await compare(report, story, { who: "odradek on Kafka", recorded, told: onKafka });
    }
  } finally {
    tools.end();
  }
}

/** Kafka acknowledges a change before its broker knows of it. */
async function sayInTime(words: readonly string[]): Promise<Said> {
  const said = await say(words);
  if (words.some((word) => CHANGES.has(word))) await sleep(PUBLISHED_MS);
  return said;
}

/** Writes down what Kafka's tools say on Kafka: the truth of the tests. */
export async function recordCommandLines(
  only: readonly string[] | undefined,
  print: (line: string) => void,
): Promise<void> {
  const tools = await KafkaTools.start();
  try {
    await mkdir(golden, { recursive: true });
    for (const story of chosen(only)) {
      const told = await toldOn(story, prepareKafka, (words) => tools.run(words));
      await writeFile(join(golden, `${story.name}.json`), `${JSON.stringify(told, null, 1)}\n`);
      print(`${story.name}: ${told.length} command lines`);
    }
  } finally {
    tools.end();
  }
}

/** kafka-configs asks for a user's SCRAM credentials too, and will not do without an answer. */
function isOfScram({ words }: Told): boolean {
  return (
    ["--describe", "--user"].every((word) => words.includes(word)) && !words.includes("--client")
  );
}

/** What goes wrong our broker says in words of its own, which Kafka's tools repeat. */
function withOwnWording({ name, steps }: Story): Story {
  return {
    name,
    steps: steps.map((step) =>
      "line" in step ? { line: { ...step.line, isOwnWording: true } } : step,
    ),
  };
}

function chosen(only: readonly string[] | undefined): readonly Story[] {
  return stories.filter(({ name }) => only === undefined || only.includes(name));
}

async function toldOn(story: Story, prepare: Prepare, run: Run): Promise<Told[]> {
  const directory = await mkdtemp(join(tmpdir(), "odradek-cli-"));
  const broker = await prepare(directory, storySettings);
  try {
    await broker.start();
    return await tell(story, { host: "127.0.0.1", port: broker.command.port, run });
  } finally {
    await broker.kill();
    await rm(directory, { recursive: true, force: true });
  }
}

async function compare(
  report: Report,
  { name, steps }: Story,
  { who, recorded, told }: { who: string; recorded: readonly Told[]; told: readonly Told[] },
): Promise<void> {
  const lines = steps.filter((step) => "line" in step);
  for (const [at, ours] of told.entries()) {
    const theirs = recorded[at];
    if (theirs === undefined) throw new Error(`${name}: a line that is not recorded`);
    if (isOfScram(ours) && who === onOdradek) {
      report.note(`${who}: not ${ours.words.join(" ")}: SCRAM users are not built yet`);
      continue;
    }
    const [got, wanted] = [comparable(ours, lines[at]), comparable(theirs, lines[at])];
    await report.check(`${who}: ${ours.words.join(" ")}`, async () => {
      if (JSON.stringify(got) === JSON.stringify(wanted)) return undefined;
      throw new Error(`${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
    });
  }
}
