import { beforeEach, describe, expect, test } from "vitest";
import type { ConfigAlteration } from "../../src/cluster/config-alteration.ts";
import type { Controller } from "../../src/cluster/controller.ts";
import { MemoryStore } from "../../src/cluster/memory-store.ts";
import { ErrorCode, KafkaError } from "../../src/protocol/errors.ts";
import { brokerCalled, openController, wanted } from "./support.ts";

type Configs = Readonly<Record<string, string>>;

function setting(type: ConfigAlteration["type"], name: string, configs: Configs): ConfigAlteration {
  return { type, name, alter: (before) => new Map([...before, ...Object.entries(configs)]) };
}

const nothing = (type: ConfigAlteration["type"], name: string): ConfigAlteration => {
  return { type, name, alter: () => new Map() };
};

describe("what is set at run time", () => {
  let store: MemoryStore;
  let controller: Controller;

  beforeEach(async () => {
    store = new MemoryStore();
    controller = await openController(store);
    await controller.registerBroker(brokerCalled(1));
    await controller.createTopics([wanted("a", { configs: new Map([["retention.ms", "1"]]) })]);
  });

  const alter = (...alterations: ConfigAlteration[]) => controller.alterConfigs(alterations);

  test("shows in the image, by type and name", async () => {
    await alter(
      setting("topics", "a", { "segment.ms": "2" }),
      setting("brokers", "", { "log.retention.ms": "3" }),
      setting("brokers", "1", { "log.retention.ms": "4" }),
      setting("groups", "g/with/slashes", { "consumer.session.timeout.ms": "50000" }),
      setting("client-metrics", "m", { "interval.ms": "100" }),
    );
    const { image } = controller;

    expect(Object.fromEntries(image.topic("a")?.configs ?? [])).toEqual({
      "retention.ms": "1",
      "segment.ms": "2",
    });
    expect(image.brokerConfigs("").get("log.retention.ms")).toBe("3");
    expect(image.brokerConfigs(1).get("log.retention.ms")).toBe("4");
    expect(image.brokerConfigs(2).size).toBe(0);
    expect(image.groupConfigs("g/with/slashes").size).toBe(1);
    expect(image.clientMetricsConfigs("m").get("interval.ms")).toBe("100");
    expect(image.namesWithConfigs("groups")).toEqual(["g/with/slashes"]);
  });

  test("is what the next controller on the store finds", async () => {
    await alter(setting("groups", "g", { x: "1" }), setting("topics", "a", { x: "2" }));

    const next = await openController(store);

    expect(next.image.groupConfigs("g").get("x")).toBe("1");
    expect(next.image.topic("a")?.configs.get("x")).toBe("2");
  });

  test("leaves nothing behind once nothing is set", async () => {
    await alter(setting("groups", "g", { x: "1" }));
    await alter(nothing("groups", "g"));

    expect(controller.image.namesWithConfigs("groups")).toEqual([]);
    expect((await store.list("configs/")).entries).toEqual([]);
  });

  test("makes no revision where it stays as it is, or is only tried", async () => {
    const before = controller.image.revision;
    await alter(setting("topics", "a", { "retention.ms": "1" }), nothing("groups", "g"));
    await controller.alterConfigs([setting("groups", "g", { x: "1" })], { validateOnly: true });

    expect(controller.image.revision).toBe(before);
  });

  test("is refused for itself, and not for what is beside it", async () => {
    const refusal = new KafkaError(ErrorCode.INVALID_CONFIG, "not that");
    const refused: ConfigAlteration = {
      type: "groups",
      name: "g",
      alter: () => {
        throw refusal;
      },
    };

    const results = await alter(refused, setting("groups", "h", { x: "1" }));

    expect(results).toEqual([refusal, undefined]);
    expect(controller.image.namesWithConfigs("groups")).toEqual(["h"]);
  });

  test("needs a topic that exists, but is judged before that is looked at", async () => {
    let judged = false;
    const [error] = await alter({
      type: "topics",
      name: "nope",
      alter: (before) => {
        judged = true;
        return before;
      },
    });

    expect(error).toMatchObject({ code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
    expect(judged).toBe(true);
  });

  test("is decided anew where another controller was faster", async () => {
    const other = await openController(store);
    await Promise.all([
      controller.alterConfigs([setting("groups", "g", { mine: "1" })]),
      other.alterConfigs([setting("groups", "g", { theirs: "2" })]),
      controller.alterConfigs([setting("topics", "a", { mine: "1" })]),
      other.alterConfigs([setting("topics", "a", { theirs: "2" })]),
    ]);

    expect([...controller.image.groupConfigs("g").keys()].sort()).toEqual(["mine", "theirs"]);
    expect([...(controller.image.topic("a")?.configs.keys() ?? [])].sort()).toEqual([
      "mine",
      "retention.ms",
      "theirs",
    ]);
  });

  test("tells the listeners which topic is another than before", async () => {
    const changed: string[] = [];
    controller.onImage((_image, _previous, delta) => {
      changed.push(...delta.changed.map(({ name }) => name));
    });
    await alter(setting("topics", "a", { "segment.ms": "9" }), setting("groups", "g", { x: "1" }));

    expect(changed).toEqual(["a"]);
  });
});
