import { readdirSync, readFileSync } from "node:fs";

/** One request to Apache Kafka 4.4 and its answer, as recorded: hex with the 4-byte length. */
export interface GoldenCase {
  readonly api: string;
  readonly version: number;
  readonly case: string;
  readonly note: string;
  readonly request: string | null;
  readonly response: string | null;
  readonly requestBody?: unknown;
  readonly responseBody?: unknown;
}

const folder = new URL("../golden/frames/", import.meta.url);

export const goldenFiles: readonly string[] = readdirSync(folder).filter((name) =>
  name.endsWith(".json"),
);

export function goldenCases(): readonly GoldenCase[] {
  return goldenFiles.flatMap((file) => {
    const text = readFileSync(new URL(file, folder), "utf8");
    const { api, version, cases } = JSON.parse(text) as {
      api: string;
      version: number;
      cases: Omit<GoldenCase, "api" | "version">[];
    };
    return cases.map((one) => ({ api, version, ...one }));
  });
}
