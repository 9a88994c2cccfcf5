import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Scene } from "./scene.ts";
import type { Line, Story, Told } from "./story.ts";

/** What a program said. */
export interface Said {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Teller {
  readonly host: string;
  readonly port: number;
  /** Runs one command line: the tool and its arguments. */
  run(words: readonly string[]): Promise<Said>;
}

/** Goes through a story on an empty broker and tells what each command line said. */
export async function tell({ steps }: Story, teller: Teller): Promise<Told[]> {
  const scene = new Scene(teller.host, teller.port);
  const directory = await mkdtemp(join(tmpdir(), "odradek-cli-"));
  const told: Told[] = [];
  try {
    for (const step of steps) {
      if ("produce" in step) await scene.produce(step.produce);
      else if ("commit" in step) await scene.commit(step.commit);
      else if ("join" in step) await scene.join(step.join);
      else {
        const [tool = "", ...words] = await filled(step.line, scene, directory);
        const server = ["--bootstrap-server", `${teller.host}:${teller.port}`];
        const said = await teller.run([
          tool,
          ...(step.line.isWithoutServer ? [] : server),
          ...words,
        ]);
        told.push({
          words: step.line.words,
          exitCode: said.exitCode,
          stdout: withoutChance(said.stdout, directory),
          stderr: withoutChance(said.stderr, directory),
        });
      }
    }
    return told;
  } finally {
    scene.close();
    await rm(directory, { recursive: true });
  }
}

async function filled({ words, files = {} }: Line, scene: Scene, directory: string) {
  for (const [name, content] of Object.entries(files))
    await writeFile(join(directory, name), content);
  const found: string[] = [];
  for (const word of words) {
    const [, isId, name = ""] = /^\{(id:)?(\w+)\}$/.exec(word) ?? [];
    if (name === "") found.push(word);
    else found.push(isId ? await scene.topicId(name) : join(directory, name));
  }
  return found;
}

/** The text with what differs between any two runs made the same. */
function withoutChance(text: string, directory: string): string {
  return text
    .replaceAll(directory, "DIRECTORY")
    .replace(/TopicId: \S{22}/g, "TopicId: ----------------------")
    .replace(/[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}/g, "-".repeat(36))
    .replace(/(?:localhost|127\.0\.0\.1):\d+ {2}\((\d)\) */g, "HOST:PORT  ($1) ")
    .replace(/--bootstrap-server \S+/, "--bootstrap-server HOST:PORT")
    .replace(/((?:listeners|advertised\.listeners)=\S*?:\/\/)\S+?:\d+/g, "$1HOST:PORT");
}
