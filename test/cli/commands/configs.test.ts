import { describe, expect, test } from "vitest";
import { parseSettings } from "../../../src/cli/commands/configs/changes.ts";
import { javaDouble } from "../../../src/cli/commands/configs/java-double.ts";

describe("--add-config", () => {
  test("takes values with commas in square brackets, and empty ones", () => {
    const settings = parseSettings("cleanup.policy=[compact,delete], retention.ms = 5,empty=");
    expect([...settings]).toEqual([
      ["cleanup.policy", "compact,delete"],
      ["retention.ms", "5"],
      ["empty", ""],
    ]);
  });

  test("keeps what looks like a setting within brackets", () => {
    expect([...parseSettings("match=[client_id=a,client_software_name=b]")]).toEqual([
      ["match", "client_id=a,client_software_name=b"],
    ]);
  });

  test.each(["retention.ms", "a=1=2", "a=1,b", ""])("refuses '%s'", (text) => {
    expect(() => parseSettings(text)).toThrow('must be in the format "key=val"');
  });
});

test.each([
  [0, "0.0"],
  [50, "50.0"],
  [0.001, "0.001"],
  [0.0001, "1.0E-4"],
  [9_999_999, "9999999.0"],
  [10_000_000, "1.0E7"],
  [12_345_678, "1.2345678E7"],
  [-2048.5, "-2048.5"],
])("a quota of %d is printed as Java prints a double: %s", (value, text) => {
  expect(javaDouble(value)).toBe(text);
});
