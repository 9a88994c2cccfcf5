import { describe, expect, test } from "vitest";
import type { Option } from "../../src/cli/commands/command.ts";
import { parseOptions } from "../../src/cli/commands/option-parser.ts";

const options: readonly Option[] = [
  { name: "topic", aliases: ["t"], kind: "text", description: "" },
  { name: "config", kind: "text", isRepeatable: true, description: "" },
  { name: "count", kind: "integer", description: "" },
  { name: "codec", kind: "optional", description: "" },
  { name: "list", kind: "flag", description: "" },
];

function parsed(line: string) {
  return parseOptions(
    options,
    line.split(" ").filter((word) => word !== ""),
  );
}

describe("a command line is read as JOptSimple reads it", () => {
  test("a value follows its option, or an equals sign", () => {
    expect(parsed("--topic orders").text("topic")).toBe("orders");
    expect(parsed("--topic=orders").text("topic")).toBe("orders");
    expect(parsed("--topic=a=b").text("topic")).toBe("a=b");
    expect(parsed("--topic= orders").text("topic")).toBe("orders");
  });

  test("a value may look like an option", () => {
    expect(parsed("--topic --list").text("topic")).toBe("--list");
    expect(parsed("--count -3").integer("count")).toBe(-3);
  });

  test("an option may be given by its other name, also after one dash", () => {
    expect(parsed("--t orders").text("topic")).toBe("orders");
    expect(parsed("-t orders").text("topic")).toBe("orders");
    expect(parsed("-topic orders").text("topic")).toBe("orders");
  });

  test("repeated options keep their order; who wants one value is told that there are more", () => {
    expect(parsed("--config a=1 --config b=2").texts("config")).toEqual(["a=1", "b=2"]);
    expect(() => parsed("--topic a --topic b").text("topic")).toThrow(
      "Found multiple arguments for option topic, but you asked for only one",
    );
  });

  test("an optional value is what follows, unless that is an option", () => {
    expect(parsed("--codec zstd --list").text("codec")).toBe("zstd");
    const without = parsed("--codec --list");
    expect([without.has("codec"), without.text("codec"), without.has("list")]).toEqual([
      true,
      undefined,
      true,
    ]);
  });

  test("what belongs to no option is kept; after -- nothing is an option", () => {
    expect(parsed("one --list two").rest).toEqual(["one", "two"]);
    expect(parsed("-- --list").rest).toEqual(["--list"]);
    expect(parsed("-").rest).toEqual(["-"]);
  });

  test("unknown options and missing values are refused in its words", () => {
    expect(() => parsed("--bogus 1")).toThrow("bogus is not a recognized option");
    expect(() => parsed("-xyz")).toThrow("x is not a recognized option");
    expect(() => parsed("--topic")).toThrow("Option topic requires an argument");
  });

  test("a number is looked at when it is asked for", () => {
    const given = parsed("--count many");

    expect(given.has("count")).toBe(true);
    expect(() => given.integer("count")).toThrow("Cannot parse argument 'many' of option count");
    expect(() => parsed("--count 3000000000").integer("count")).toThrow(
      "Cannot parse argument '3000000000' of option count",
    );
    expect(parsed("--count 3000000000").long("count")).toBe(3_000_000_000);
  });

  test("to ask for an option that the command does not have is a bug", () => {
    expect(() => parsed("").text("nothing")).toThrow("the command has no option nothing");
  });
});
