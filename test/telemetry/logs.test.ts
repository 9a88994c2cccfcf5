import { describe, expect, test } from "vitest";
import { DeferredLogger, type Level, type Line } from "../../src/telemetry/deferred-logger.ts";
import { pinoSink } from "../../src/telemetry/pino-logger.ts";

function loggerAt(level: Level) {
  let nowMs = 1_700_000_000_000;
  const logger = new DeferredLogger(level, () => nowMs++);
  const lines: Line[] = [];
  return { logger, lines, flow: () => logger.flow((line) => lines.push(line)) };
}

describe("a deferred logger", () => {
  test("holds lines until they can be written, in order, with the time they were said at", () => {
    const { logger, lines, flow } = loggerAt("info");
    logger.info("first", { a: 1 });
    logger.warn("second");
    expect(lines).toEqual([]);

    flow();
    logger.error("third");

    expect(lines).toEqual([
      { timeMs: 1_700_000_000_000, level: "info", message: "first", fields: { a: 1 } },
      { timeMs: 1_700_000_000_001, level: "warn", message: "second", fields: undefined },
      { timeMs: 1_700_000_000_002, level: "error", message: "third", fields: undefined },
    ]);
  });

  test("says nothing below its level, and nothing at all where it is silent", () => {
    const quiet = loggerAt("warn");
    const silent = loggerAt("silent");
    for (const { logger, flow } of [quiet, silent]) {
      flow();
      logger.debug("debug");
      logger.info("info");
      logger.error("error");
    }

    expect(quiet.lines.map(({ message }) => message)).toEqual(["error"]);
    expect(silent.lines).toEqual([]);
    expect(silent.logger.isSilent).toBe(true);
  });

  test("lets the oldest lines go when nobody writes them, and says how many", () => {
    const { logger, lines, flow } = loggerAt("info");
    for (let index = 0; index < 1002; index++) logger.info(`line ${index}`);
    flow();

    expect(lines[0]?.message).toBe("2 earlier lines were not kept");
    expect(lines[1]?.message).toBe("line 2");
    expect(lines).toHaveLength(1001);
  });
});

describe("a log", () => {
  const line: Line = {
    timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    level: "warn",
    message: "it is so",
    fields: { topic: "orders", partition: 3, note: "two words" },
  };

  function written(each: Line, options: { isReadable: boolean; isColoured: boolean }): string {
    let text = "";
    const sink = pinoSink({
      ...options,
      write: (more) => {
        text += more;
      },
    });
    sink(each);
    return text;
  }

  test("is JSON for programs", () => {
    const text = written(line, { isReadable: false, isColoured: false });

    expect(JSON.parse(text)).toEqual({
      level: "warn",
      time: "2026-01-02T03:04:05.006Z",
      msg: "it is so",
      topic: "orders",
      partition: 3,
      note: "two words",
    });
    expect(text.endsWith("\n")).toBe(true);
  });

  test("is one line for a person", () => {
    expect(written(line, { isReadable: true, isColoured: false })).toBe(
      '03:04:05.006 WARN  it is so topic=orders partition=3 note="two words"\n',
    );
    expect(written(line, { isReadable: true, isColoured: true })).toContain("\x1b[33mWARN ");
  });

  test("says where an error comes from", () => {
    const fields = { error: new RangeError("too far") };
    const text = written({ ...line, fields }, { isReadable: true, isColoured: false });

    expect(text).toMatch(/error=RangeError: too far\n {4}at /);
  });
});
