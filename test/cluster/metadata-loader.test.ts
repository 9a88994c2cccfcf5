import { beforeEach, describe, expect, test } from "vitest";
import { MemoryStore } from "../../src/cluster/memory-store.ts";
import { MetadataLoader } from "../../src/cluster/metadata-loader.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";

describe("whoever waits for a revision", () => {
  let store: MemoryStore;
  let loader: MetadataLoader;

  beforeEach(async () => {
    store = new MemoryStore();
    loader = await MetadataLoader.start(store, "test-cluster");
  });

  async function put(key: string): Promise<number> {
    const { revision } = await store.txn([], [{ type: "put", key, value: "{}" }]);
    return revision;
  }

  test("hears of a listener that failed at it, and the next one does not", async () => {
    let failing = true;
    loader.onImage(async () => {
      if (failing) throw new Error("no room");
    });

    const first = await put("configs/groups/a");
    failing = false;
    const second = await put("configs/groups/b");

    await expect(loader.reached(first)).rejects.toThrow("no room");
    await expect(loader.reached(second)).resolves.toBeUndefined();
  });

  test("hears of a listener that throws at once", async () => {
    loader.onImage(() => {
      throw new Error("no disk");
    });

    await expect(loader.reached(await put("configs/groups/a"))).rejects.toThrow("no disk");
  });

  test("waits for listeners that are still busy with earlier ones", async () => {
    const done: number[] = [];
    loader.onImage(async ({ revision }) => {
      await new Promise((resolve) => setTimeout(resolve, 10));
      done.push(revision);
    });

    const first = await put("configs/groups/a");
    const second = await put("configs/groups/b");
    await loader.reached(second);

    expect(done).toEqual([first, second]);
  });

  test("is told when nobody follows the store any longer", async () => {
    const waiting = loader.reached(99);
    loader.stop();

    await expect(waiting).rejects.toMatchObject({ code: ErrorCode.BROKER_NOT_AVAILABLE });
    await expect(loader.reached(99)).rejects.toMatchObject({
      code: ErrorCode.BROKER_NOT_AVAILABLE,
    });
  });
});
