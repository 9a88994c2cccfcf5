import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL("../../src/", import.meta.url));

/** Time and chance that nobody can turn by hand. A name after a dot is somebody's method. */
const REAL =
  /(?<![.\w])(?:setTimeout|setInterval)\b|\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.now\b|\bMath\.random\b|node:timers|\bhrtime\b/;

/** Everything below the server: what takes time takes a clock. */
const LAYERS = ["coordinator", "handlers", "partition", "cluster", "quotas", "storage", "records"];

function realTimeIn(layer: string): string[] {
  const files = readdirSync(`${src}${layer}`, { recursive: true, encoding: "utf8" });
  return files
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) =>
      readFileSync(`${src}${layer}/${name}`, "utf8")
        .split("\n")
        .filter((line) => !/^\s*(?:\/?\*|\/\/)/.test(line) && REAL.test(line))
        .map((line) => `${layer}/${name}: ${line.trim()}`),
    );
}

test.each(LAYERS)("%s takes time and chance from its clock and its generator", (layer) => {
  expect(realTimeIn(layer)).toEqual([]);
});

test("what is looked for is found where it is allowed", () => {
  expect(realTimeIn("time").length).toBeGreaterThan(2);
});
