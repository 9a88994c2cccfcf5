import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { startBroker } from "../../src/index.ts";
import { MemoryDisk } from "../../src/storage/memory-disk.ts";
import { ManualClock } from "../../src/time/manual-clock.ts";
import { append, openDirectory, openLog } from "../support/storage/logs.ts";

/** Bytes that are in use, without what is garbage. */
function bytesInUse(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test.each([
  ["of ten topics", { topics: 10, partitions: 10_000, bytesMax: 2500 }],
  ["of a topic of its own", { topics: 3000, partitions: 3000, bytesMax: 4500 }],
])(
  "an idle partition of thousands, %s, takes no more memory than it may",
  async (_of, { topics, partitions, bytesMax }) => {
    const wanted: Record<string, number> = {};
    for (let i = 0; i < topics; i++) wanted[`topic-${i}`] = partitions / topics;
    await using empty = await startBroker();
    const before = bytesInUse();

    await using broker = await startBroker({ topics: wanted });

    expect((bytesInUse() - before) / partitions).toBeLessThan(bytesMax);
    expect(empty.port).not.toBe(broker.port);
  },
  60_000,
);

test("partitions ask for no timer of their own", async () => {
  const clock = new ManualClock();
  const schedule = clock.schedule.bind(clock);
  const directory = await openDirectory({ disk: new MemoryDisk(), clock });
  let timers = 0;
  clock.schedule = (delayMs, run) => {
    timers += 1;
    return schedule(delayMs, run);
  };

  for (let partition = 0; partition < 500; partition++) {
    await append(await openLog(directory, { partition }), ["a record"]);
  }
  await directory.checkpoint();

  expect(timers).toBe(0);
});
