/**
 * A broker in a process of its own that counts its work: the bytes that are copied and allocated, the
 * files that are opened, and by what the system counts its reads and writes. Speaks to its parent by
 * messages; see counted.ts.
 */
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Work } from "./counted.ts";

const counted = { copiedBytes: 0, allocatedBytes: 0, filesOpened: 0 };

/** Puts itself before a function, which is told how many bytes the call is about. */
function watch(
  owner: object,
  name: string,
  note: (args: readonly unknown[], result: unknown) => void,
): void {
  const methods = owner as Record<string, (...args: unknown[]) => unknown>;
  const original = methods[name] as (...args: unknown[]) => unknown;
  methods[name] = function watched(this: unknown, ...args: unknown[]) {
    const result = Reflect.apply(original, this, args);
    note(args, result);
    return result;
  };
}

function countCopies(): void {
  watch(Buffer.prototype, "copy", (_, result) => {
    counted.copiedBytes += result as number;
  });
  watch(Uint8Array.prototype, "set", ([source]) => {
    counted.copiedBytes += (source as ArrayLike<number>).length;
  });
  for (const name of ["slice", "toReversed"]) {
    watch(Uint8Array.prototype, name, (_, result) => {
      counted.copiedBytes += (result as Uint8Array).length;
    });
  }
  watch(Buffer, "from", ([source], result) => {
    if (ArrayBuffer.isView(source)) counted.copiedBytes += (result as Buffer).length;
  });
  watch(Buffer, "concat", (_, result) => {
    counted.copiedBytes += (result as Buffer).length;
    counted.allocatedBytes += (result as Buffer).length;
  });
  for (const name of ["alloc", "allocUnsafe", "allocUnsafeSlow"]) {
    watch(Buffer, name, ([size]) => {
      counted.allocatedBytes += size as number;
    });
  }
}

function countFiles(): void {
  const note = () => {
    counted.filesOpened += 1;
  };
  watch(fs, "openSync", note);
  watch(fs, "open", note);
  watch(fs.promises, "open", note);
  syncBuiltinESMExports();
}

/** Calls of read and write of any kind, as Linux counts them for this process; else 0. */
function systemCalls(): { readonly reads: number; readonly writes: number } {
  const path = "/proc/self/io";
  if (!fs.existsSync(path)) return { reads: 0, writes: 0 };
  const text = fs.readFileSync(path, "latin1");
  const numberOf = (name: string) => Number(new RegExp(`${name}: (\\d+)`).exec(text)?.[1] ?? 0);
  return { reads: numberOf("syscr"), writes: numberOf("syscw") };
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function work(): Work {
  const heapBytes = process.memoryUsage().heapUsed;
  const { reads, writes } = systemCalls();
  const openFiles = fs.existsSync("/proc/self/fd") ? fs.readdirSync("/proc/self/fd").length : 0;
  return { ...counted, heapBytes, reads, writes, openFiles };
}

countCopies();
countFiles();
// Only now, so that it gets the watched functions.
const { startBroker } = await import("../../src/index.ts");
const broker = await startBroker({
  dataDir: process.argv[2] as string,
  topics: { one: 1, twelve: 12, many: 1000 },
  config: { "log.retention.check.interval.ms": "3600000" },
});
process.on("message", (message) => {
  if (message === "stop") {
    void broker.stop().then(() => process.disconnect());
    return;
  }
  if (message === "collect") collectGarbage();
  process.send?.(work());
});
process.send?.(broker.port);
