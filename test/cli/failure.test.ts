import { describe, expect, test } from "vitest";
import { failureOf } from "../../src/cli/failure.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { ConfigError } from "../../src/config/config-error.ts";

const systemError = (fields: object): Error => Object.assign(new Error("EXXX: no"), fields);

describe("a broker that does not start", () => {
  test("blames the command line with exit code 2", () => {
    expect(failureOf(new UsageError("so"))).toEqual({ sentence: "so", exitCode: 2 });
    expect(failureOf(new ConfigError("so"))).toEqual({ sentence: "so", exitCode: 2 });
  });

  test.each([
    [
      { syscall: "listen", code: "EADDRINUSE", port: 9092, address: "127.0.0.1" },
      "another port with --port",
    ],
    [{ syscall: "listen", code: "EACCES", port: 80, address: "::" }, "above 1023"],
    [{ syscall: "listen", code: "EADDRNOTAVAIL", address: "9.9.9.9" }, "no address 9.9.9.9"],
    [{ syscall: "getaddrinfo", code: "ENOTFOUND", hostname: "nope" }, "no address nope"],
    [{ syscall: "mkdir", code: "EACCES", path: "/d" }, "no permission for /d"],
    [{ syscall: "mkdir", code: "EEXIST", path: "/d" }, "/d is not a directory"],
    [{ syscall: "open", code: "EROFS", path: "/d" }, "cannot be written"],
    [{ syscall: "write", code: "ENOSPC", path: "/d" }, "is full"],
    [{ syscall: "open", code: "EMFILE", path: "/d" }, "cannot use /d (EXXX: no)"],
  ])("says what to do about %o with exit code 1", (fields, why) => {
    const { sentence, exitCode } = failureOf(systemError(fields));

    expect(sentence).toContain(why);
    expect(exitCode).toBe(1);
  });

  test("says at least the message, and no stack, of what nobody expected", () => {
    const { sentence, exitCode } = failureOf(new TypeError("x is not a function"));

    expect(sentence).toContain("x is not a function");
    expect(sentence).not.toContain("\n");
    expect(exitCode).toBe(1);
  });
});
