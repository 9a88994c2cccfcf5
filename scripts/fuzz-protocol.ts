import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { frameFuzzer } from "../test/support/frame-fuzzer.ts";

/**
 * `npm run test:fuzz` decodes mutations of every frame that was recorded from Apache Kafka. None may
 * throw anything but a DecodeError, or take more memory than a small multiple of its own size. The
 * seed is new each time and printed; `--seed` repeats a run, `--count` says how many frames.
 */
const { values } = parseArgs({
  options: { seed: { type: "string" }, count: { type: "string", default: "3000000" } },
});
const seed = wholeNumber("seed", values.seed ?? String(randomInt(2 ** 32)));
const count = wholeNumber("count", values.count);

// Most frames end in an error, of which nobody reads the stack.
Error.stackTraceLimit = 0;
process.stdout.write(`seed ${seed}\n`);
const startedAt = performance.now();
const heapBytes = process.memoryUsage().heapUsed;
const fuzzer = await frameFuzzer(seed);
let report = fuzzer.run(0);
let heapBytesMax = 0;
while (report.frames < count) {
  report = fuzzer.run(Math.min(10_000, count - report.frames));
  heapBytesMax = Math.max(heapBytesMax, process.memoryUsage().heapUsed);
}

const { frames, decoded, refused, layouts, memoryPerByte, failures } = report;
const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
const mebibytes = Math.ceil(Math.max(0, heapBytesMax - heapBytes) / 2 ** 20);
process.stdout.write(
  `${frames} frames in ${seconds} s: ${decoded} decoded, ${refused} refused, ${layouts} layouts; ` +
    `at most ${Math.ceil(memoryPerByte)} bytes of memory per byte, heap grew by ${mebibytes} MiB\n`,
);
if (failures.length > 0) {
  process.stderr.write(`${failures.join("\n")}\nrepeat with --seed ${seed} --count ${count}\n`);
  process.exit(1);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`--${name} ${text}`);
  return number;
}
