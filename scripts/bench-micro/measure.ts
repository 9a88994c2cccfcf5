interface Measured {
  readonly ms: number;
  /** Of all threads of this process. */
  readonly cpuMs: number;
}

export async function measured(run: () => void | Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const { user, system } = process.cpuUsage(cpu);
  return { ms: performance.now() - start, cpuMs: (user + system) / 1000 };
}

/** One line: rates by bytes and by count, and what each cost. */
export function report(
  name: string,
  work: { readonly count: number; readonly bytes: number },
  run: Measured,
): void {
  const megabytes = work.bytes / 1e6;
  const byBytes = [
    `${(megabytes / (run.ms / 1000)).toFixed(0)} MB/s`.padStart(11),
    `${(run.cpuMs / megabytes).toFixed(2)} CPU-s/GB`.padStart(16),
  ];
  const line = [
    name.padEnd(44),
    ...(work.bytes === 0 ? ["".padStart(28)] : byBytes),
    `${((work.count / run.ms) * 1000).toFixed(0)}/s`.padStart(12),
    `${((run.cpuMs * 1000) / work.count).toFixed(2)} CPU-µs each`.padStart(20),
  ];
  process.stdout.write(`${line.join(" ")}\n`);
}

/** Runs `once` until the compiler has seen enough of it, then so many times for the figures. */
export async function repeated(
  name: string,
  { count, bytesEach }: { readonly count: number; readonly bytesEach: number },
  once: () => void,
): Promise<void> {
  for (let i = 0; i < count / 10; i++) once();
  const run = await measured(() => {
    for (let i = 0; i < count; i++) once();
  });
  report(name, { count, bytes: count * bytesEach }, run);
}
