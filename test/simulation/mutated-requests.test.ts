import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { supportedApis } from "../../src/handlers/supported-apis.ts";
import { startBroker } from "../../src/index.ts";
import { metadata } from "../../src/protocol/generated/metadata.ts";
import { Connection } from "../replay/connection.ts";
import { framed, KeptLog, RawClient } from "../scenarios/client.ts";
import { mayUnregister, mutate, randomFrom } from "../support/frame-mutations.ts";
import { goldenCases } from "../support/golden-frames.ts";

const FRAMES = 100_000;
const CONNECTIONS = 12;
/** A request that is not answered by then waits for something: a long poll, or others of its group. */
const PATIENCE_MS = 300;
/** What may be left afterwards: the topics and groups that the mutations happened to make. */
const HEAP_GROWTH_MAX = 50 * 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const supported = new Set(supportedApis.map(({ name }) => name));
const requests = goldenCases().flatMap(({ api, request }) =>
  request === null || !supported.has(api) ? [] : [Buffer.from(request, "hex").subarray(4)],
);

test(`${FRAMES} mutated requests harm neither the broker nor who else is there`, async () => {
  const seed = Date.now() % 2 ** 31;
  const random = randomFrom(seed);
  const log = new KeptLog();
  await using broker = await startBroker({ topics: { known: 1 }, logger: log });
  const heapBefore = heapUsed();
  let next = 0;

  const worker = async () => {
    let connection: Connection | undefined;
    while (next < FRAMES) {
      const original = requests[next++ % requests.length] as Buffer;
      const other = requests[random(requests.length)] as Buffer;
      const frame = mutate(original, other, random);
      if (frame.length === 0) continue;
      // Most stay requests of the API and version that they were, so that their bodies are looked at.
      if (random(5) > 0) original.copy(frame, 0, 0, Math.min(4, frame.length));
      if (mayUnregister(frame)) continue;
      connection ??= await Connection.open("127.0.0.1", broker.port);
      connection.send(framed(frame));
      if (typeof (await connection.receive(PATIENCE_MS)) !== "string") continue;
      connection.close();
      connection = undefined;
    }
    connection?.close();
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, worker));

  expect(log.errors, `seed ${seed}`).toEqual([]);
  log.warnings.length = 0;
  expect(heapUsed() - heapBefore).toBeLessThan(HEAP_GROWTH_MAX);
  const client = await RawClient.open(broker.port);
  const { topics } = await client.ask(metadata, 9, { topics: [{ name: "known" }] });
  client.close();
  expect(topics.map(({ errorCode }) => errorCode)).toEqual([0]);
});
