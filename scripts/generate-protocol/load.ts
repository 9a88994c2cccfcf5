import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Spec } from "./model.ts";
import { parseSpec } from "./parse.ts";

/** Every spec below a folder: APIs in key order, then the rest by name. */
export function loadSpecs(folder: string): readonly Spec[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".spec"))
    .map((file) => file.replaceAll("\\", "/"))
    .sort();
  const specs = files.map((file) => parseSpec(file, readFileSync(join(folder, file), "utf8")));
  const rank = (spec: Spec) => (spec.kind === "api" ? spec.key : Number.POSITIVE_INFINITY);
  return specs.sort((one, other) => Math.sign(rank(one) - rank(other)) || 0);
}
