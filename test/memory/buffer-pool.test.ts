import { describe, expect, it } from "vitest";
import { BufferPool } from "../../src/memory/buffer-pool.ts";

const KIB = 1024;

describe("a pool of buffers", () => {
  it("gives a buffer again once it has it back", () => {
    const pool = new BufferPool(1024 * KIB);
    const first = pool.take(100 * KIB);
    const second = pool.take(100 * KIB);
    // Not `not.toBe`: that compares the bytes as well, each as a property.
    expect(second === first).toBe(false);
    pool.give(first);
    expect(pool.take(120 * KIB) === first).toBe(true);
  });

  it("keeps no more free bytes than it may", () => {
    const pool = new BufferPool(256 * KIB);
    const buffers = [1, 2, 3].map(() => pool.take(128 * KIB));
    for (const buffer of buffers) pool.give(buffer);
    const again = [1, 2, 3].map(() => pool.take(128 * KIB));
    expect(again.filter((buffer) => buffers.includes(buffer))).toHaveLength(2);
  });

  it("makes buffers beyond the largest size for one use", () => {
    const pool = new BufferPool(64 * 1024 * KIB);
    const large = pool.take(17 * 1024 * KIB);
    expect(large.length).toBe(17 * 1024 * KIB);
    pool.give(large);
    expect(pool.take(17 * 1024 * KIB) === large).toBe(false);
  });
});
