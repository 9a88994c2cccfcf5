import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { ErrorCode } from "../../../src/protocol/errors.ts";
import { randomUuid, ZERO_UUID } from "../../../src/protocol/uuid.ts";
import {
  ClientMetrics,
  type ClientMetricsOptions,
  type MetricsClient,
  type Push,
} from "../../../src/telemetry/client-metrics/client-metrics.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { OwnedLifetime } from "../../../src/time/lifetime.ts";
import { ManualClock } from "../../../src/time/manual-clock.ts";
import { doubleField, metric, metricsData } from "./otlp-messages.ts";

const MAX_BYTES = 10_000;
let clock: ManualClock;
let metrics: ClientMetrics;
let options: ClientMetricsOptions;
let subscriptions: readonly Readonly<Record<string, string>>[];

beforeEach(() => {
  clock = new ManualClock();
  subscriptions = [];
  options = {
    clock,
    logger: silentLogger,
    subscriptions: () => ({
      token: JSON.stringify(subscriptions),
      all: subscriptions.map((configs) => new Map(Object.entries(configs))),
    }),
    newUuid: () => randomUuid(randomBytes),
    maxBytes: MAX_BYTES,
  };
  metrics = new ClientMetrics(options);
});

function client(attributes: Readonly<Record<string, string>> = {}) {
  const lifetime = new OwnedLifetime();
  const made: MetricsClient = { attributes: new Map(Object.entries(attributes)), lifetime };
  return Object.assign(made, { leave: () => lifetime.end() });
}

const refused = (name: keyof typeof ErrorCode) =>
  expect.objectContaining({ code: ErrorCode[name] });
const message = metricsData(metric("org.a", "ms", 5, doubleField(4, 42)));

function push(clientInstanceId: string, subscriptionId: number, change: Partial<Push> = {}): Push {
  const plain = { terminating: false, compressionType: 0, metrics: message };
  return { clientInstanceId, subscriptionId, ...plain, ...change };
}

describe("A client that asks what to push", () => {
  test("is given an id if it has none, and keeps the one it has", async () => {
    const first = await metrics.subscribe(ZERO_UUID, client());
    const own = randomUuid(randomBytes);

    expect(first.id).not.toBe(ZERO_UUID);
    expect((await metrics.subscribe(own, client())).id).toBe(own);
  });

  test("is asked for nothing, and to look again in five minutes, without subscriptions", async () => {
    const { requested } = await metrics.subscribe(ZERO_UUID, client());

    expect(requested).toEqual({ metrics: [], intervalMs: 300_000 });
  });

  test("gets all that matches it, at the shortest interval", async () => {
    subscriptions = [
      { metrics: "org.b,org.a", "interval.ms": "60000", match: "client_id=app-.*" },
      { metrics: "org.c, org.a", match: "client_id=app-1,client_software_name=java" },
      { metrics: "org.d", "interval.ms": "100", match: "client_id=app" },
      { metrics: "org.e", "interval.ms": "100", match: "client_source_port=1" },
    ];

    const { requested } = await metrics.subscribe(
      ZERO_UUID,
      client({ client_id: "app-1", client_software_name: "java" }),
    );

    expect(requested).toEqual({ metrics: ["org.a", "org.b", "org.c"], intervalMs: 60_000 });
  });

  test("is asked for everything as soon as one subscription is", async () => {
    subscriptions = [{ metrics: "org.a" }, { metrics: "org.b,*" }];

    const { requested } = await metrics.subscribe(ZERO_UUID, client());

    expect(requested.metrics).toEqual(["*"]);
  });

  test("must wait for its interval, unless something has changed", async () => {
    const it = client();
    const { id } = await metrics.subscribe(ZERO_UUID, it);
    await expect(metrics.subscribe(id, it)).rejects.toEqual(refused("THROTTLING_QUOTA_EXCEEDED"));

    subscriptions = [{ metrics: "org.a", "interval.ms": "1000" }];

    expect((await metrics.subscribe(id, it)).requested.metrics).toEqual(["org.a"]);
    await clock.advance(999);
    await expect(metrics.subscribe(id, it)).rejects.toEqual(refused("THROTTLING_QUOTA_EXCEEDED"));
    await clock.advance(1);
    await expect(metrics.subscribe(id, it)).resolves.toBeDefined();
  });

  test("is new again when its connection is gone", async () => {
    const it = client();
    const { id } = await metrics.subscribe(ZERO_UUID, it);

    it.leave();

    await expect(metrics.subscribe(id, client())).resolves.toBeDefined();
  });

  test("gets the same subscription id for the same, and another for something else", async () => {
    const own = randomUuid(randomBytes);
    const ask = async () => (await metrics.subscribe(own, client())).subscriptionId;
    const none = await ask();
    subscriptions = [{ metrics: "org.a" }];
    const some = await ask();
    subscriptions = [];

    expect(some).not.toBe(none);
    expect(await ask()).toBe(none);
  });
});

describe("A client that pushes", () => {
  const subscribe = async () => {
    subscriptions = [{ metrics: "org", "interval.ms": "1000" }];
    const it = client({ client_id: "app" });
    const { id, subscriptionId } = await metrics.subscribe(ZERO_UUID, it);
    return { it, id, subscriptionId };
  };

  test("is heard at once after it asked, and then once in an interval", async () => {
    const { it, id, subscriptionId } = await subscribe();

    await metrics.push(push(id, subscriptionId), it);
    await expect(metrics.push(push(id, subscriptionId), it)).rejects.toEqual(
      refused("THROTTLING_QUOTA_EXCEEDED"),
    );
    await clock.advance(1000);
    await metrics.push(push(id, subscriptionId), it);
  });

  test("is heard once more when it ends, whenever that is, and not after that", async () => {
    const { it, id, subscriptionId } = await subscribe();
    await metrics.push(push(id, subscriptionId), it);

    await metrics.push(push(id, subscriptionId, { terminating: true }), it);

    expect(metrics.newest.at(-1)?.isLast).toBe(true);
    await clock.advance(1000);
    await expect(metrics.push(push(id, subscriptionId), it)).rejects.toEqual(
      refused("INVALID_REQUEST"),
    );
  });

  test("what is not asked for any more may ask anew at once", async () => {
    const { it, id, subscriptionId } = await subscribe();

    await expect(metrics.push(push(id, subscriptionId + 1), it)).rejects.toEqual(
      refused("UNKNOWN_SUBSCRIPTION_ID"),
    );

    await expect(metrics.subscribe(id, it)).resolves.toMatchObject({ subscriptionId });
  });

  test.each([
    ["nobody's id", { clientInstanceId: ZERO_UUID }, "INVALID_REQUEST"],
    [
      "an id that stands for something else",
      { clientInstanceId: "AAAAAAAAAAAAAAAAAAAAAQ" },
      "INVALID_REQUEST",
    ],
    ["a compression that is none", { compressionType: 5 }, "UNSUPPORTED_COMPRESSION_TYPE"],
    ["more than may be", { metrics: Buffer.alloc(MAX_BYTES + 1) }, "TELEMETRY_TOO_LARGE"],
    ["what does not inflate", { compressionType: 1 }, "INVALID_RECORD"],
    ["what are no metrics", { metrics: Buffer.from("hello") }, "INVALID_RECORD"],
    [
      "a bomb",
      { compressionType: 1, metrics: gzipSync(Buffer.alloc(17_000_000)).subarray(0, 9999) },
      "INVALID_RECORD",
    ],
  ] as const)("%s is refused", async (_, change, code) => {
    const { it, id, subscriptionId } = await subscribe();

    await expect(metrics.push(push(id, subscriptionId, change), it)).rejects.toEqual(refused(code));
    expect(metrics.newest).toEqual([]);
  });

  test("leaves its newest metrics, under all it is known by", async () => {
    const { it, id, subscriptionId } = await subscribe();
    await metrics.push(push(id, subscriptionId), it);
    await clock.advance(1000);
    const newer = gzipSync(metricsData(metric("org.a", "ms", 5, doubleField(4, 43))));

    await metrics.push(push(id, subscriptionId, { compressionType: 1, metrics: newer }), it);

    expect(metrics.newest).toMatchObject([
      {
        clientInstanceId: id,
        receivedMs: clock.now(),
        metrics: [{ name: "org.a", unit: "ms", points: [{ value: 43 }] }],
      },
    ]);
    expect(metrics.newest[0]?.attributes.get("client_id")).toBe("app");
  });

  test("is put into words for the log only if the log is read at that level", async () => {
    const lines: object[] = [];
    let made = 0;
    const logger = { ...silentLogger, debug: (_: string, fields: object) => lines.push(fields) };
    metrics = new ClientMetrics({ ...options, logger });
    const it = client({ client_id: "app" });
    const { id, subscriptionId } = await metrics.subscribe(ZERO_UUID, it);
    await metrics.push(push(id, subscriptionId), it);

    const [fields] = lines as [{ readonly metrics: readonly object[] }];
    for (const [name, { get }] of Object.entries(Object.getOwnPropertyDescriptors(fields))) {
      expect(get, name).toBeDefined();
      made += 1;
    }
    expect(made).toBe(2);
    expect(JSON.parse(JSON.stringify(fields)).metrics).toEqual([{ name: "org.a", value: 42 }]);
  });

  test("makes room: of many clients those with the newest news stay", async () => {
    subscriptions = [{ metrics: "org", "interval.ms": "1000" }];
    const ids: string[] = [];
    for (let n = 0; n < 1010; n++) {
      const it = client();
      const { id, subscriptionId } = await metrics.subscribe(ZERO_UUID, it);
      await metrics.push(push(id, subscriptionId), it);
      ids.push(id);
    }

    expect(metrics.newest.map(({ clientInstanceId }) => clientInstanceId)).toEqual(ids.slice(10));
  });
});
