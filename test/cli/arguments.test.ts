import { describe, expect, test } from "vitest";
import { parseCommand } from "../../src/cli/arguments.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

describe("the command line", () => {
  test("without flags starts a broker with everything by default", () => {
    expect(parseCommand([])).toEqual({
      do: "run",
      flags: { ephemeral: false, overrides: {}, topics: {} },
    });
  });

  test("gives each flag its value, and some several", () => {
    const given =
      "--port 0 --host ::1 --advertised [fe80::1]:9 --data-dir d --config c --override a=b=c --override d= --topic orders:3 --topic audit --log-level DEBUG";

    expect(parseCommand(given.split(" "))).toEqual({
      do: "run",
      flags: {
        port: 0,
        host: "::1",
        advertised: { host: "fe80::1", port: 9 },
        dataDir: "d",
        config: "c",
        ephemeral: false,
        overrides: { a: "b=c", d: "" },
        topics: { orders: 3, audit: 1 },
        logLevel: "debug",
      },
    });
  });

  test("asks for help or the version before anything else", () => {
    expect(parseCommand(["--port", "x", "--help"])).toEqual({ do: "help" });
    expect(parseCommand(["-h"])).toEqual({ do: "help" });
    expect(parseCommand(["--version"])).toEqual({ do: "version" });
  });

  test.each([
    ["--port=x", "--port takes a port"],
    ["--port=65536", "to 65535, not '65536'"],
    ["--port=-1", "--port takes a port"],
    ["--port", "--help lists the flags"],
    ["--prot=1", "--prot"],
    ["orders", "orders"],
    ["--host=", "--host must not be empty"],
    ["--advertised=kafka", "takes HOST:PORT"],
    ["--advertised=::1:9092", "with [ ] around an IPv6 address"],
    ["--override=novalue", "takes name=value, not 'novalue'"],
    ["--topic=orders:0", "takes name:partitions"],
    ["--topic=orders:x", "takes name:partitions"],
    ["--log-level=loud", "takes trace, debug"],
    ["--ephemeral --data-dir=x", "not both"],
  ])("refuses %s in one sentence", (given, why) => {
    const parse = () => parseCommand(given.split(" "));

    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(why);
    expect(parse).not.toThrow(/\n/);
  });
});
