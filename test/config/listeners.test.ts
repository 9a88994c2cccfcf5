import { describe, expect, test } from "vitest";
import { parseBrokerConfig } from "../../src/config/broker-config.ts";
import { parseListeners } from "../../src/config/listeners.ts";

function listenersOf(given: Record<string, string>) {
  const config = parseBrokerConfig(given, () => {});
  return parseListeners(config, () => "box.example");
}

const brief = (given: Record<string, string>) =>
  listenersOf(given).map(({ name, host, port, advertised }) => [
    `${name} ${host}:${port}`,
    advertised && `${advertised.host}:${advertised.port}`,
  ]);

describe("listeners", () => {
  test("are both loopback addresses when nothing is configured, the IPv6 one if there is IPv6", () => {
    expect(listenersOf({})).toEqual([
      expect.objectContaining({
        name: "PLAINTEXT",
        host: "127.0.0.1",
        port: 9092,
        optional: false,
      }),
      expect.objectContaining({ name: "PLAINTEXT", host: "::1", port: 9092, optional: true }),
    ]);
    expect(new Set(brief({}).map(([, told]) => told))).toEqual(new Set(["localhost:9092"]));
  });

  test("tell clients where they are, and the machine's name where they are everywhere", () => {
    expect(brief({ listeners: "PLAINTEXT://10.0.0.1:9092" })).toEqual([
      ["PLAINTEXT 10.0.0.1:9092", "10.0.0.1:9092"],
    ]);
    expect(brief({ listeners: "PLAINTEXT://:0" })).toEqual([["PLAINTEXT :0", "box.example:0"]]);
  });

  test("each tell their own advertised address, or none", () => {
    const given = {
      listeners: "IN://0.0.0.0:29092,OUT://0.0.0.0:9092,QUIET://0.0.0.0:1234",
      "advertised.listeners": "IN://kafka:29092,OUT://localhost:9092",
      "listener.security.protocol.map": "IN:PLAINTEXT,OUT:PLAINTEXT,QUIET:PLAINTEXT",
      "inter.broker.listener.name": "IN",
    };

    expect(brief(given)).toEqual([
      ["IN 0.0.0.0:29092", "kafka:29092"],
      ["OUT 0.0.0.0:9092", "localhost:9092"],
      ["QUIET 0.0.0.0:1234", undefined],
    ]);
  });

  test("of the controller are left out, as in every compose file", () => {
    const given = {
      listeners: "PLAINTEXT://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093",
      "advertised.listeners": "PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093",
      "controller.listener.names": "CONTROLLER",
      "process.roles": "broker,controller",
    };

    expect(brief(given)).toEqual([["PLAINTEXT 0.0.0.0:9092", "localhost:9092"]]);
  });

  test("may share name and port only as IPv4 and IPv6", () => {
    const twins = { listeners: "PLAINTEXT://127.0.0.1:9092,PLAINTEXT://[::1]:9092" };

    expect(listenersOf(twins)).toHaveLength(2);
  });

  test.each([
    ["PLAINTEXT", "takes NAME://host:port"],
    ["PLAINTEXT://h", "takes NAME://host:port"],
    ["PLAINTEXT://h:99999", "port up to 65535"],
    ["", "at least one listener"],
    ["PLAINTEXT://h:1,PLAINTEXT://h:2", "has PLAINTEXT twice"],
    ["PLAINTEXT://h:1,SSL://h:1", "has port 1 twice"],
    ["PLAINTEXT://[::1]:1,PLAINTEXT://[::2]:1", "has PLAINTEXT twice"],
    ["MINE://h:1", "must say which protocol MINE speaks"],
    ["SSL://h:1", "SSL, which is not supported"],
    ["PLAINTEXT://0.0.0.0:9092", "by which host clients reach PLAINTEXT"],
  ])("are refused: '%s'", (listeners, why) => {
    expect(() => listenersOf({ listeners })).toThrow(why);
  });

  test.each([
    [{ "advertised.listeners": "OTHER://h:1" }, "which listeners must have too"],
    [{ "advertised.listeners": "PLAINTEXT://0.0.0.0:1" }, "every address, and none"],
    [{ "advertised.listeners": "PLAINTEXT://a:1,PLAINTEXT://b:1" }, "PLAINTEXT twice"],
    [{ "inter.broker.listener.name": "OTHER" }, "one of the advertised listeners (PLAINTEXT)"],
    [{ "listener.security.protocol.map": "PLAINTEXT:TELNET" }, "not 'PLAINTEXT:TELNET'"],
  ])("are refused with %o", (given: Record<string, string>, why) => {
    expect(() => listenersOf({ listeners: "PLAINTEXT://:9092", ...given })).toThrow(why);
  });
});
