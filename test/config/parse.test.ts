import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalText, parseValue, textOf } from "../../src/config/parse.ts";
import { boolean, double, int, LONG_MAX, LOW, list, long, text } from "../../src/config/setting.ts";

describe("the value of a setting", () => {
  test("is true or false in any case, with blanks around", () => {
    expect(parseValue(boolean(false, LOW), " TRUE ")).toBe(true);
    expect(() => parseValue(boolean(false, LOW), "yes")).toThrow("takes true or false, not 'yes'");
  });

  test.each(["", "1.5", "0x10", "1_000", "1e3", "abc", "--1"])(
    "is no whole number: '%s'",
    (given) => {
      expect(() => parseValue(int(0, LOW), given)).toThrow("takes a whole number");
    },
  );

  test("is refused beyond its bits", () => {
    expect(parseValue(int(0, LOW), "2147483647")).toBe(2_147_483_647);
    expect(() => parseValue(int(0, LOW), "2147483648")).toThrow("32 bits");
    expect(() => parseValue(long(0, LOW), "9223372036854775808")).toThrow("64 bits");
  });

  test("is Long.MAX_VALUE as the largest safe number, and shown in full", () => {
    const setting = long(LONG_MAX, LOW);

    expect(parseValue(setting, "9223372036854775807")).toBe(Number.MAX_SAFE_INTEGER);
    expect(textOf(setting, setting.default)).toBe("9223372036854775807");
    expect(canonicalText(setting, "9223372036854775807")).toBe("9223372036854775807");
  });

  test("keeps all digits of a long when it is shown", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (given) => {
        expect(canonicalText(long(0, LOW), ` ${given} `)).toBe(String(given));
        const value = parseValue(long(0, LOW), String(given));
        expect(Number.isSafeInteger(value)).toBe(true);
      }),
    );
  });

  test("is refused outside its limits, and taken at them", () => {
    const setting = int(-1, LOW, { min: 1, max: 9, or: -1 });

    expect(parseValue(setting, "-1")).toBe(-1);
    expect(parseValue(setting, "9")).toBe(9);
    expect(() => parseValue(setting, "0")).toThrow("at least 1, not 0");
    expect(() => parseValue(setting, "10")).toThrow("at most 9, not 10");
  });

  test("is a list between commas, empty for nothing, each element once", () => {
    expect(parseValue(list([], LOW), " a , b,c ")).toEqual(["a", "b", "c"]);
    expect(parseValue(list([], LOW), "")).toEqual([]);
    expect(parseValue(list([], LOW), "a,b, a")).toEqual(["a", "b"]);
    expect(() => parseValue(list([], LOW, { oneOf: ["a"] }), "a,b")).toThrow("takes a, not 'b'");
  });

  test("names throttled replicas in pairs, or all of them", () => {
    const setting = list([], LOW, { throttledReplicas: true });

    expect(parseValue(setting, "0:1,1:2")).toEqual(["0:1", "1:2"]);
    expect(parseValue(setting, "*")).toEqual(["*"]);
    expect(() => parseValue(setting, "0:1,*")).toThrow("pairs");
  });

  test.each(["latest", "earliest", "by_duration:PT1H30M", "by_duration:P2D"])(
    "resets to %s",
    (given) => {
      expect(parseValue(text("latest", LOW, { offsetReset: true }), given)).toBe(given);
    },
  );

  test.each(["", "by_duration:", "by_duration:P", "by_duration:PT", "newest"])(
    "does not reset to '%s'",
    (given) => {
      const setting = text("latest", LOW, { offsetReset: true });

      expect(() => parseValue(setting, given)).toThrow("takes latest, earliest");
    },
  );

  test.each([
    ["0.5", "0.5"],
    ["1", "1.0"],
    ["1e3", "1000.0"],
    ["1.7976931348623157E308", "1.7976931348623157E308"],
    ["0.0001", "1.0E-4"],
  ])("shows the double %s as Java does: %s", (given, shown) => {
    expect(canonicalText(double(0, LOW), given)).toBe(shown);
  });
});
