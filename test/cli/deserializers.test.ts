import { describe, expect, test } from "vitest";
import { deserializerOf } from "../../src/cli/commands/consume/deserializers.ts";

function read(name: string, hex: string): string | undefined {
  return deserializerOf(`org.apache.kafka.common.serialization.${name}`)?.(Buffer.from(hex, "hex"));
}

describe("bytes are printed as the value of their deserializer prints itself in Java", () => {
  test("whole numbers", () => {
    expect(read("ShortDeserializer", "fffe")).toBe("-2");
    expect(read("IntegerDeserializer", "0000002a")).toBe("42");
    expect(read("LongDeserializer", "7fffffffffffffff")).toBe("9223372036854775807");
  });

  test("numbers with a point", () => {
    expect(read("DoubleDeserializer", "3ff0000000000000")).toBe("1.0");
    expect(read("DoubleDeserializer", "3fb999999999999a")).toBe("0.1");
    expect(read("DoubleDeserializer", "416312d000000000")).toBe("1.0E7");
    expect(read("DoubleDeserializer", "3f1a36e2eb1c432d")).toBe("1.0E-4");
    expect(read("DoubleDeserializer", "7ff8000000000000")).toBe("NaN");
    expect(read("DoubleDeserializer", "8000000000000000")).toBe("-0.0");
    expect(read("FloatDeserializer", "3dcccccd")).toBe("0.1");
  });

  test("truth, text and ids", () => {
    expect(read("BooleanDeserializer", "01")).toBe("true");
    expect(read("StringDeserializer", "c3bc")).toBe("ü");
  });

  test("bytes of another length are refused", () => {
    expect(() => read("LongDeserializer", "01")).toThrow(
      "Size of data received by LongDeserializer is not 8",
    );
    expect(() => read("BooleanDeserializer", "07")).toThrow("BooleanDeserializer");
  });

  test("a class that is not there is said to be so", () => {
    expect(deserializerOf("com.example.Avro")).toBeUndefined();
  });
});
