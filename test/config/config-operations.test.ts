import { describe, expect, test } from "vitest";
import { ConfigOperation, withChanges } from "../../src/config/config-operations.ts";
import { list, MEDIUM } from "../../src/config/setting.ts";
import { ErrorCode } from "../../src/protocol/errors.ts";

const { SET, DELETE, APPEND, SUBTRACT } = ConfigOperation;
const policies = list(["delete"], MEDIUM);

type Done = readonly [operation: number, value: string | null, name?: string];

function changed(
  before: Readonly<Record<string, string>>,
  [operation, value, name = "cleanup.policy"]: Done,
): Record<string, string> {
  const after = withChanges(
    new Map(Object.entries(before)),
    [{ name, operation, value }],
    (asked) => (asked === "cleanup.policy" ? policies : undefined),
  );
  return Object.fromEntries(after);
}

const policy = (value: string) => ({ "cleanup.policy": value });

describe("what is done to a setting", () => {
  test("sets it letter for letter, or takes it away", () => {
    expect(changed({ a: "1" }, [SET, " 2 ", "a"])).toEqual({ a: " 2 " });
    expect(changed({ a: "1" }, [DELETE, null, "a"])).toEqual({});
    expect(changed({}, [DELETE, null, "no.such"])).toEqual({});
  });

  test("appends to a list each element once, to the default where nothing is set", () => {
    expect(changed({}, [APPEND, "compact"])).toEqual(policy("delete,compact"));
    expect(changed(policy("a,b"), [APPEND, "b,c"])).toEqual(policy("a,b,c"));
    // Whoever checks the value refuses this one.
    expect(changed({}, [APPEND, ""])).toEqual(policy("delete,"));
  });

  test("subtracts from a list what is there, each element once", () => {
    expect(changed({}, [SUBTRACT, "delete"])).toEqual(policy(""));
    expect(changed(policy("a,b,a"), [SUBTRACT, "a,c"])).toEqual(policy("b,a"));
  });

  test("refuses to append to what is no list, and values that no answer could carry", () => {
    const refusal = expect.objectContaining({ code: ErrorCode.INVALID_CONFIG });

    expect(() => changed({}, [APPEND, "1", "retention.ms"])).toThrow(refusal);
    expect(() => changed({}, [SUBTRACT, "1", "retention.ms"])).toThrow(refusal);
    expect(() => changed({}, [SET, "x".repeat(32_768), "a"])).toThrow(refusal);
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`a.${n}`, "1"]));
    expect(() => changed(many, [SET, "1", "one.more"])).toThrow(refusal);
    expect(changed({}, [SET, "x".repeat(32_767), "a"])["a"]).toHaveLength(32_767);
  });
});
