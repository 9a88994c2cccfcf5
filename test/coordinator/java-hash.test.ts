import { describe, expect, test } from "vitest";
import {
  inHashMapOrder,
  internalPartitionFor,
  javaHashCode,
} from "../../src/coordinator/java-hash.ts";

describe("placing keys as Java does", () => {
  test("hashes strings as String.hashCode", () => {
    expect(javaHashCode("")).toBe(0);
    expect(javaHashCode("console-consumer")).toBe(
      [..."console-consumer"].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) | 0, 0),
    );
    expect(javaHashCode("polygenelubricants")).toBe(-2147483648);
  });

  test("a hash that has no absolute value lands on partition 0", () => {
    expect(internalPartitionFor("polygenelubricants", 50)).toBe(0);
  });

  test("every partition is in range", () => {
    for (let i = 0; i < 1000; i++) {
      const partition = internalPartitionFor(`group-${i}`, 50);
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(50);
    }
  });

  test("walks keys by bucket, as recorded of Kafka for the protocols of a tie", () => {
    expect(inHashMapOrder(["range", "rr"])).toEqual(["rr", "range"]);
  });
});
