import { afterEach, expect, test, vi } from "vitest";
import { libraryLogger } from "../../src/telemetry/library-logger.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

test("With a level, what a broker says in somebody's process goes to standard error from that level on", async () => {
  let written = "";
  const told = new Promise<void>((resolve) => {
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written += text;
      if (written.includes("second")) resolve();
      return true;
    });
  });
  const logger = libraryLogger("info");

  logger.debug("not heard");
  logger.info("first");
  logger.warn("second", { error: new Error("why") });
  await told;

  expect(written).toMatch(/INFO {2}first\n.*WARN {2}second/s);
  expect(written).not.toContain("not heard");
});

test("Without a level only what goes wrong is told, as a warning of the process, with its reason", () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  const logger = libraryLogger(undefined);

  logger.info("all is well");
  logger.warn("a client is wrong", { clientId: "app" });
  logger.error("the disk is full", { error: new Error("ENOSPC") });

  expect(warn.mock.calls).toEqual([
    ['a client is wrong {"clientId":"app"}', "Odradek"],
    ["the disk is full: ENOSPC", "Odradek"],
  ]);
});
