import { describe, expect, test } from "vitest";
import { parseCommand } from "../../src/cli/arguments.ts";
import { mergedSettings } from "../../src/cli/options.ts";

function settingsOf(
  flags: string,
  { file = {}, environment = {} }: { file?: object; environment?: object } = {},
): Record<string, string> {
  const command = parseCommand(flags.split(" ").filter((flag) => flag !== ""));
  if (command.do !== "run") throw new Error("no flags to run with");
  return mergedSettings({
    file: file as Record<string, string>,
    environment: environment as Record<string, string>,
    flags: command.flags,
  });
}

describe("settings", () => {
  test("come from overrides before flags before the environment before the file", () => {
    const all = {
      file: { a: "file", b: "file", "log.dirs": "file" },
      environment: { b: "env", "log.dirs": "env" },
    };

    expect(settingsOf("--data-dir flag", all)).toEqual({ a: "file", b: "env", "log.dirs": "flag" });
    expect(settingsOf("--data-dir flag --override log.dirs=x", all)["log.dirs"]).toBe("x");
  });

  test("say nothing of listeners when no flag does", () => {
    expect(settingsOf("")).toEqual({});
  });

  test.each([
    [
      "--port 9192",
      "PLAINTEXT://127.0.0.1:9192,PLAINTEXT://[::1]:9192",
      "PLAINTEXT://localhost:9192",
    ],
    [
      "--host localhost",
      "PLAINTEXT://127.0.0.1:9092,PLAINTEXT://[::1]:9092",
      "PLAINTEXT://localhost:9092",
    ],
    ["--host 10.0.0.1", "PLAINTEXT://10.0.0.1:9092", "PLAINTEXT://10.0.0.1:9092"],
    ["--host ::1 --port 0", "PLAINTEXT://[::1]:0", "PLAINTEXT://[::1]:0"],
    ["--host 0.0.0.0", "PLAINTEXT://0.0.0.0:9092", "PLAINTEXT://:9092"],
    ["--host 0.0.0.0 --advertised kafka:1", "PLAINTEXT://0.0.0.0:9092", "PLAINTEXT://kafka:1"],
    ["--advertised k:1", "PLAINTEXT://127.0.0.1:9092,PLAINTEXT://[::1]:9092", "PLAINTEXT://k:1"],
  ])("listen with %s on %s and tell clients %s", (flags, listeners, advertised) => {
    expect(settingsOf(flags)).toEqual({ listeners, "advertised.listeners": advertised });
  });

  test("keep listeners from elsewhere when only what is advertised is given", () => {
    const file = { listeners: "MINE://:9092,CONTROLLER://:9093" };

    expect(settingsOf("--advertised kafka:1", { file })).toEqual({
      ...file,
      "advertised.listeners": "MINE://kafka:1",
    });
  });

  test("are said once: a port beside --override listeners is refused", () => {
    expect(() => settingsOf("--port 9292 --override listeners=SSL://:9292")).toThrow(
      "leave one out",
    );
  });

  test("forget what was advertised elsewhere when the listeners are replaced", () => {
    const file = { listeners: "A://:1", "advertised.listeners": "A://kafka:1" };

    expect(settingsOf("--port 2", { file })["advertised.listeners"]).toBe(
      "PLAINTEXT://localhost:2",
    );
  });
});
