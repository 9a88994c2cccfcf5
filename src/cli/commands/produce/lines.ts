import { StringDecoder } from "node:string_decoder";

/**
 * The lines of a text in UTF-8, without their ends: \n, \r or \r\n, as Java's BufferedReader takes them.
 * A last line needs no end.
 */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  /** Of a line that goes on over many chunks: put together once. */
  let begun: string[] = [];
  for await (const chunk of chunks) {
    const more = decoder.write(chunk);
    if (!/[\r\n]/.test(more) && !rest.endsWith("\r")) {
      begun.push(rest, more);
      rest = "";
      continue;
    }
    const text = begun.join("") + rest + more;
    begun = [];
    // A \r at the end may be the first half of an end.
    const end = text.endsWith("\r") ? text.length - 1 : text.length;
    const lines = text.slice(0, end).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? "") + text.slice(end);
    yield* lines;
  }
  const last = begun.join("") + rest + decoder.end();
  if (last !== "") yield* last.replace(/\r$/, "").split("\r");
}
