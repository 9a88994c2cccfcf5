import type { Step, Told } from "./story.ts";

/**
 * Without Java's own lines, the words before an exception that nobody caught, our table of flags,
 * and what goes to the log of Kafka's tools, which is not recorded. kafka-configs prints the error
 * that stopped it, so there Java's words are part of the answer.
 */
function withoutJava(tool: string | undefined, stderr: string): string {
  const java = /^(?:java|joptsimple|com|org)\.[\w.]+(?:Exception|Error):?.*\n/gm;
  return (tool === "configs" ? stderr : stderr.replace(java, ""))
    .replace(/^WARN New offset .*\n/gm, "")
    .replace(/^ at \[Source.*\n/gm, "")
    .replace(/^Exception in thread "main" [\w.]+: /gm, "")
    .replace(/^odradek \w+: [\s\S]*$/m, "")
    .trimEnd();
}

/** Words of Scala, in which kafka-configs was written before 4.4: its Java has none of them. */
function withoutScala(stderr: string): string {
  return stderr.replace(/^requirement failed: /, "").replace(/(?:Set|ArrayBuffer)\((.*)\)$/m, "$1");
}

/** What hash maps put in any order, in one order. */
function ordered(text: string): string {
  return text
    .replace(/(?<=\bConfigs: ).*$/gm, (configs) => configs.split(",").sort().join(","))
    .replace(/\[[\w-]+\](?:, \[[\w-]+\])+/g, bySort)
    .replace(/(?<=^Quota configs for .* are ).*$/gm, bySort)
    .replace(/(?<= must be one of ).*(?= with a )/g, bySort)
    .replace(/(?<=^Invalid \w+ list .* are: ).*$/gm, bySort);
}

function withoutBrokersWords(text: string): string {
  return text.replace(/(command :|due to:?|Exception:) .*$/gm, "$1");
}

function bySort(names: string): string {
  return names.split(", ").sort().join(", ");
}

/** What two tellings of one line have to have in common. */
export function comparable(
  { words, exitCode, stdout, stderr }: Told,
  step: Step | undefined,
): Told {
  const { isUnordered = false, isOwnWording = false } =
    step !== undefined && "line" in step ? step.line : {};
  const out = ordered(stdout);
  const lines = isUnordered ? out.split("\n").sort().join("\n") : out;
  const [tool] = words;
  const said = withoutJava(tool, stderr);
  const complaint = ordered(tool === "configs" ? withoutScala(said) : said);
  const told = { words, exitCode, stdout: lines, stderr: complaint };
  if (!isOwnWording) return told;
  return { ...told, stdout: withoutBrokersWords(lines), stderr: withoutBrokersWords(told.stderr) };
}
