import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareOdradek } from "../broker/odradek.ts";
import type { Client } from "../harness/clients.ts";
import type { Report } from "../harness/report.ts";
import { exchange } from "./exchange.ts";
import { optionalOf, withoutOptional } from "./installations.ts";
import { takesPart } from "./matrix.ts";

const built = join(import.meta.dirname, "../../dist/main.js");

export interface CompressionChecks {
  readonly report: Report;
  /** Those whose levels are not known are passed over. */
  readonly clients: readonly Client[];
  /** Another build of Odradek than the present one. */
  readonly main: string | undefined;
}

export function compresses({ name }: Client): boolean {
  return takesPart(name);
}

/**
 * Every codec at its lowest, default and highest level, from each client to each, as it came and made
 * anew by the broker; once with the optional native libraries, once without.
 */
export async function checkCompression(asked: CompressionChecks): Promise<void> {
  const { report, main = built } = asked;
  const directory = await mkdtemp(join(tmpdir(), "odradek-compression-"));
  try {
    const bare = await withoutOptional(main, directory);
    const native = await optionalOf(main);
    await report.check(
      "compression: the native libraries are there, and can be left out",
      async () => {
        const left = await optionalOf(bare);
        if (native.length < 3 || left.length > 0)
          throw new Error(`${native.join()}; ${left.join()}`);
        return native.join(" ");
      },
    );
    await onOne(asked, { directory, main, installation: "native codecs" });
    await onOne(asked, { directory, main: bare, installation: "no optional dependencies" });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function onOne(
  { report, clients }: CompressionChecks,
  one: { readonly directory: string; readonly main: string; readonly installation: string },
): Promise<void> {
  const { installation } = one;
  const directory = join(one.directory, installation.replaceAll(" ", "-"));
  await mkdir(directory);
  const broker = await prepareOdradek(directory, one.main);
  const failedBefore = report.failed;
  const began = performance.now();
  try {
    await broker.start();
    const dataDirectory = join(directory, "data");
    const taking = clients.filter(compresses);
    await exchange({ report, broker, dataDirectory, clients: taking, installation });
    report.note(`${installation}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  } finally {
    if (report.failed > failedBefore) report.note(`the broker printed: ${await broker.tail()}`);
    await broker.kill();
  }
}
