import { execFile } from "node:child_process";

/** Runs a command to its end; gives the end of what it printed if it failed, undefined if not. */
export function run(
  argv: readonly string[],
  options: { readonly cwd?: string; readonly timeoutMs?: number },
): Promise<string | undefined> {
  const [file = "", ...rest] = argv;
  const limits = { cwd: options.cwd, timeout: options.timeoutMs ?? 600_000, maxBuffer: 2 ** 26 };
  return new Promise((resolve) => {
    execFile(file, rest, limits, (error, stdout, stderr) => {
      resolve(
        error === null ? undefined : `${error.message}\n${stdout}${stderr}`.trim().slice(-1500),
      );
    });
  });
}
