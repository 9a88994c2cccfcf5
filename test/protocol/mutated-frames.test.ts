import { beforeAll, expect, test } from "vitest";
import { allCodecs } from "../support/codecs.ts";
import { type FuzzReport, frameFuzzer } from "../support/frame-fuzzer.ts";

/** `npm run test:fuzz` does the same with a million frames and a new seed. */
const FRAMES = 20_000;
const SEED = 20_260_101;

let report: FuzzReport;

beforeAll(async () => {
  report = (await frameFuzzer(SEED)).run(FRAMES);
});

test("a frame that is not what it should be is refused with a decode error, and nothing else", () => {
  expect(report.failures).toEqual([]);
  expect(report.frames).toBe(FRAMES);
  expect(report.refused).toBeGreaterThan(FRAMES / 4);
  expect(report.decoded).toBeGreaterThan(FRAMES / 10);
});

test("every version of every API is among them, in both directions", async () => {
  const codecs = [...(await allCodecs()).values()];
  const layouts = codecs.reduce(
    (sum, { minVersion, maxVersion }) => sum + 2 * (maxVersion - minVersion + 1),
    0,
  );

  // And three versions of ApiVersions that do not exist, asked for in the recording.
  expect(report.layouts).toBe(layouts + 6);
});

test("the same seed gives the same frames", async () => {
  const again = (await frameFuzzer(SEED)).run(FRAMES);

  expect(again).toEqual(report);
});
