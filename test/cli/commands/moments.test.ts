import { describe, expect, test } from "vitest";
import { parseDateTime, parseDuration } from "../../../src/cli/commands/groups/moments.ts";

describe("a moment of --to-datetime", () => {
  test("is in UTC unless it says otherwise", () => {
    const expected = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
    expect(parseDateTime("2026-01-02T03:04:05.006")).toBe(expected);
    expect(parseDateTime("2026-01-02T03:04:05.006Z")).toBe(expected);
    expect(parseDateTime("2026-01-02T04:34:05.006+01:30")).toBe(expected);
    expect(parseDateTime("2026-01-01T22:04:05.006-05")).toBe(expected);
  });

  test("is refused where Java's parser refuses it", () => {
    const noT = "java.text.ParseException: Error parsing timestamp. It does not contain a 'T'";
    expect(() => parseDateTime("2026-01-02")).toThrow(noT);
    for (const text of [
      "2026-01-02T03:04:05",
      "2026-02-31T03:04:05.006",
      "2026-01-02T24:04:05.006",
    ]) {
      expect(() => parseDateTime(text)).toThrow(`Unparseable date: "${text}Z"`);
    }
  });
});

describe("a duration of --by-duration", () => {
  test.each([
    ["PT0S", 0],
    ["P1D", 86_400_000],
    ["P1DT2H3M4.5S", 93_784_500],
    ["pt-1h", -3_600_000],
    ["-PT1M", -60_000],
    ["PT-0.5S", -500],
  ])("%s is %d ms", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each(["", "P", "PT", "1D", "P1H", "PT1D", "P1M"])("'%s' is none", (text) => {
    expect(() => parseDuration(text)).toThrow("Text cannot be parsed to a Duration");
  });
});
