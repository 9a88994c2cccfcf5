import { codecOf } from "../apis.ts";
import type { Replay } from "../replay.ts";
import { range } from "../scenario.ts";

/** A request made up for the comparison, asked in every version that can say it. */
export interface Asked {
  readonly api: string;
  readonly case: string;
  readonly request: unknown;
  /** Only from this version on: before it the same request means something else. */
  readonly from?: number;
  readonly upTo?: number;
}

/** The oldest version a broker really speaks: Produce is advertised from 0, and starts at 3. */
const oldest: Readonly<Record<string, number>> = { Produce: 3 };

/** What the variants of one API are: the base request with some fields changed. */
export function variants<Request extends object>(
  api: string,
  base: Request,
  changes: Readonly<Record<string, Partial<Request>>>,
  limits: { readonly from?: number; readonly upTo?: number } = {},
): Asked[] {
  return Object.entries(changes).map(([name, change]) => ({
    api,
    case: name,
    request: { ...base, ...change },
    ...limits,
  }));
}

/** Asks in every version; a version whose encoder has no room for a value is passed over. */
export async function askInEveryVersion(replay: Replay, asked: readonly Asked[]): Promise<void> {
  for (const { api, case: name, request, from, upTo } of asked) {
    const codec = codecOf(api);
    const first = Math.max(codec.minVersion, from ?? 0, oldest[api] ?? 0);
    for (const version of range(first, Math.min(codec.maxVersion, upTo ?? codec.maxVersion))) {
      const where = { api, version, case: `made-up: ${name}` };
      if (replay.canAsk(where, request)) await replay.ask(where, request);
    }
  }
}
