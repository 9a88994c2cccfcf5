import fc from "fast-check";
import { expect, test } from "vitest";
import { linesOf } from "../../src/cli/commands/produce/lines.ts";

async function linesIn(chunks: readonly Buffer[]): Promise<string[]> {
  async function* given() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of linesOf(given())) lines.push(line);
  return lines;
}

test("lines end with \\n, \\r or \\r\\n; the last needs no end, and an empty one is a line", async () => {
  expect(await linesIn([Buffer.from("a\nb\r\nc\rd")])).toEqual(["a", "b", "c", "d"]);
  expect(await linesIn([Buffer.from("a\n\n")])).toEqual(["a", ""]);
  expect(await linesIn([Buffer.from("a\r")])).toEqual(["a"]);
  expect(await linesIn([])).toEqual([]);
});

test("it does not matter how the bytes arrive: neither ends nor letters are cut", async () => {
  const texts = fc.array(fc.constantFrom("a", "ü", "€", "\n", "\r", "\r\n", "😀"), {
    maxLength: 20,
  });
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.infiniteStream(fc.integer({ min: 1, max: 3 })),
      async (parts, sizes) => {
        const bytes = Buffer.from(parts.join(""));
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const end = at + (sizes.next().value ?? 1);
          chunks.push(bytes.subarray(at, end));
          at = end;
        }

        expect(await linesIn(chunks)).toEqual(await linesIn([bytes]));
      },
    ),
  );
});
