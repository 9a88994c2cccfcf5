import { describe, expect, test } from "vitest";
import { toldByKafka, toldHere } from "../../support/cli/compared.ts";
import { stories } from "../../support/cli/stories/all.ts";
import type { Step, Told } from "../../support/cli/story.ts";

/** Without what goes to the log of Kafka's tools, which is not recorded, Java's own lines, the words before an exception that nobody caught, and our table of flags. */
function withoutJava(stderr: string): string {
  return stderr
    .replace(/^(?:java|joptsimple|com|org)\.[\w.]+(?:Exception|Error):?.*\n/gm, "")
    .replace(/^WARN New offset .*\n/gm, "")
    .replace(/^ at \[Source.*\n/gm, "")
    .replace(/^Exception in thread "main" [\w.]+: /gm, "")
    .replace(/^odradek \w+: [\s\S]*$/m, "")
    .trimEnd();
}

/** What hash maps put in any order, in one order. */
function ordered(text: string): string {
  return text
    .replace(/(?<=\bConfigs: ).*$/gm, (configs) => configs.split(",").sort().join(","))
    .replace(/\[[\w-]+\](?:, \[[\w-]+\])+/g, (names) => names.split(", ").sort().join(", "))
    .replace(/(?<=^Invalid \w+ list .* are: ).*$/gm, (names) =>
      names.split(", ").sort().join(", "),
    );
}

function withoutBrokersWords(text: string): string {
  return text.replace(/((?:command :|due to:?|Exception:) ).*$/gm, "$1");
}

function comparable({ words, exitCode, stdout, stderr }: Told, step: Step | undefined): Told {
  const { isUnordered = false, isOwnWording = false } =
    step !== undefined && "line" in step ? step.line : {};
  const out = ordered(stdout);
  const lines = isUnordered ? out.split("\n").sort().join("\n") : out;
  const told = { words, exitCode, stdout: lines, stderr: ordered(withoutJava(stderr)) };
  if (!isOwnWording) return told;
  return { ...told, stdout: withoutBrokersWords(lines), stderr: withoutBrokersWords(told.stderr) };
}

for (const story of stories) {
  const steps = story.steps.filter((step) => "line" in step);
  describe(`${story.name}: command lines answered as by Kafka's tool`, async () => {
    const kafka = toldByKafka(story);
    const here = await toldHere(story);

    test("every line of the story is recorded", () => {
      expect(kafka.map(({ words }) => words)).toEqual(steps.map(({ line }) => line.words));
    });

    test.for(kafka.map((told, at) => [told.words.join(" "), at] as const))(
      "%s",
      ([, at], { expect: expectHere }) => {
        const [told, ours] = [kafka[at], here[at]];
        if (told === undefined || ours === undefined) throw new Error("there is no such line");
        expectHere(comparable(ours, steps[at])).toEqual(comparable(told, steps[at]));
      },
    );
  });
}
