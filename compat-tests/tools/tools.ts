import { join } from "node:path";
import type { Client } from "../harness/clients.ts";
import type { Report } from "../harness/report.ts";
import { playKcat } from "./kcat.ts";
import { playProgram } from "./program.ts";
import type { Scene } from "./scene.ts";

/** A tool as people have it: how it is made ready to run, and how its pages are played. */
export interface Tool extends Pick<Client, "name" | "folder" | "tools" | "steps"> {
  play(report: Report, scene: Scene): Promise<void>;
}

const home = import.meta.dirname;
const cache = join(home, "../../.cache/compat/tools");
const jvm = ["java", "-Xmx300m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];

/** A tool on Java's client of the version that the tool itself brings. */
function java(
  name: string,
  { main, kafka }: { readonly main: string; readonly kafka: string },
): Tool {
  const folder = join(home, "java");
  const libs = join(cache, main, "libs");
  const goals = ["compile", "dependency:copy-dependencies", `-DoutputDirectory=${libs}`];
  const maven = ["mvn", "-q", "-B", `-Dtool=${main}`, `-Dkafka.version=${kafka}`, ...goals];
  const argv = [...jvm, "-cp", `${join(cache, main, "classes")}:${libs}/*`, main];
  return {
    name,
    folder,
    tools: { java: "openjdk-17-jdk-headless", mvn: "maven" },
    steps: [{ argv: maven, cwd: folder }],
    play: (report, scene) => playProgram(report, name, { argv, scene }),
  };
}

/** A tool on franz-go of the version that the tool itself brings. */
function go(name: string, modfile: string): Tool {
  const folder = join(home, "go");
  const binary = join(cache, name);
  const build = ["go", "build", `-modfile=${modfile}`, "-o", binary, `${name}.go`, "pages.go"];
  return {
    name,
    folder,
    tools: { go: "golang" },
    steps: [{ argv: build, cwd: folder }],
    play: (report, scene) => playProgram(report, name, { argv: [binary], scene }),
  };
}

export const tools: readonly Tool[] = [
  {
    name: "kcat",
    folder: join(home, "../kcat"),
    tools: { kcat: "kcat" },
    steps: [],
    play: playKcat,
  },
  java("kafbat", { main: "Kafbat", kafka: "3.9.1" }),
  java("akhq", { main: "Akhq", kafka: "3.6.2" }),
  go("console", "go.mod"),
  go("rpk", "rpk.mod"),
];
