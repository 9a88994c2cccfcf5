import { describe, expect, test } from "vitest";
import { parsePlan, planText } from "../../../src/cli/commands/groups/plan-file.ts";

describe("a file of new offsets", () => {
  test("for one group leaves the group unnamed, or names it", () => {
    const expected = new Map([["g", [{ topic: "orders", partition: 1, offset: 4 }]]]);
    expect(parsePlan("orders,1,4\n", ["g"])).toEqual(expected);
    expect(parsePlan("g,orders,1,4\r\n", ["g"])).toEqual(expected);
  });

  test("for several groups names them, and what is written is read", () => {
    const plan = new Map([
      ["a", [{ topic: "orders", partition: 1, offset: 4 }]],
      ['b, "c"', [{ topic: "orders", partition: 0, offset: 9 }]],
    ]);
    expect(planText(plan, true)).toBe('a,orders,1,4\n"b, ""c""",orders,0,9\n');
    expect(parsePlan(planText(plan, true), ["a", 'b, "c"'])).toEqual(plan);
  });

  test.each(["orders", "orders,1", "orders,x,4", "orders,1,-4", "g,orders,1,4,5"])(
    "is refused with the line %s",
    (line) => {
      expect(() => parsePlan(`${line}\n`, ["g"])).toThrow(/a line of the file|the file has/);
    },
  );
});
