import { describe, expect, test } from "vitest";
import { DeferredLogger } from "../../src/telemetry/deferred-logger.ts";
import type { Logger } from "../../src/telemetry/logger.ts";
import { Loggers } from "../../src/telemetry/loggers.ts";

const NETWORK = "kafka.network.SocketServer";
const HANDLERS = "kafka.server.KafkaApis";

/** A logger of the user's, which decides for itself. */
function kept(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const say = (message: string): void => {
    lines.push(message);
  };
  return { lines, debug: say, info: say, warn: say, error: say };
}

describe("loggers by name", () => {
  test("let everything through to a logger of the user's until a level is set", () => {
    const base = kept();
    const loggers = new Loggers(base, "info");
    loggers.named(NETWORK).debug("early");
    loggers.setLevel(HANDLERS, "error");
    loggers.named(NETWORK).debug("beside");
    loggers.named(HANDLERS).warn("held back");
    loggers.named(HANDLERS).error("let through");

    expect(base.lines).toEqual(["early", "beside", "let through"]);
  });

  test("have the root's level unless they have their own, which can be taken away", () => {
    const base = kept();
    const loggers = new Loggers(base, "info");
    const network = loggers.named(NETWORK);
    loggers.setLevel("root", "warn");
    loggers.setLevel(NETWORK, "debug");
    network.debug("own");
    loggers.setLevel(NETWORK, undefined);
    network.info("held back");
    network.warn("root's");

    expect(base.lines).toEqual(["own", "root's"]);
    expect(loggers.levelOf(NETWORK)).toBe("warn");
  });

  test("open the one that writes as far as the most talkative of them, and no further", () => {
    const lines: string[] = [];
    const base = new DeferredLogger("info", () => 0);
    base.flow(({ message }) => lines.push(message));
    const loggers = new Loggers(base, "trace");
    loggers.named(NETWORK).debug("before");
    loggers.setLevel(NETWORK, "debug");
    loggers.named(NETWORK).debug("shown");
    loggers.named(HANDLERS).debug("held back");
    loggers.named(HANDLERS).info("as before");
    loggers.setLevel(NETWORK, undefined);
    loggers.named(NETWORK).debug("after");

    expect(lines).toEqual(["shown", "as before"]);
    expect(loggers.levelOf("root")).toBe("info");
  });

  test("are known by name", () => {
    const loggers = new Loggers(kept(), "info");

    expect(["root", NETWORK, "no.such", ""].map((name) => loggers.has(name))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});
