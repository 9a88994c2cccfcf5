import { expect, test } from "vitest";
import { announce, warnOfStrangers } from "../../src/cli/announce.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";

const endpoints = [
  { name: "IN", hosts: ["127.0.0.1", "::1"], port: 1, advertised: { host: "localhost", port: 1 } },
  { name: "OUT", hosts: [""], port: 2, advertised: { host: "kafka", port: 2 } },
  { name: "QUIET", hosts: ["::"], port: 3, advertised: undefined },
];

test("each listener is announced with what its clients are told", () => {
  const lines: string[] = [];
  announce(endpoints, { ...silentLogger, info: (line) => lines.push(line) });

  expect(lines).toEqual([
    "listener IN: 127.0.0.1:1 and [::1]:1 -> localhost:1",
    "listener OUT: *:2 -> kafka:2",
    "listener QUIET: [::]:3 -> told to nobody",
  ]);
});

test("a host that this machine cannot resolve is warned of", async () => {
  const warnings: string[] = [];
  await warnOfStrangers(
    endpoints,
    { ...silentLogger, warn: (line) => warnings.push(line) },
    (host) => (host === "localhost" ? Promise.resolve() : Promise.reject(new Error("ENOTFOUND"))),
  );

  expect(warnings).toEqual([
    expect.stringContaining("told kafka:2, but kafka has no address here"),
  ]);
});
