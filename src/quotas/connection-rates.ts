import { isIPv6 } from "node:net";
import type { ClientQuotaImage } from "../cluster/client-quotas.ts";
import type { Clock } from "../time/clock.ts";
import { WindowedRate, type Windows } from "./windowed-rate.ts";

const FIRST_SWEEP = 1000;

/** How many connections per second each address may open (KIP-612, Kafka's ConnectionQuotas). */
export class ConnectionRates {
  readonly #clock: Clock;
  readonly #windows: Windows;
  readonly #gauges = new Map<string, WindowedRate>();
  #limits: ReadonlyMap<string | null, number> = new Map();
  #sweepAt = FIRST_SWEEP;

  constructor(clock: Clock, windows: Windows) {
    this.#clock = clock;
    this.#windows = windows;
  }

  update(quotas: Iterable<ClientQuotaImage>): void {
    const limits = new Map<string | null, number>();
    for (const { entity, values } of quotas) {
      const limit = values.get("connection_creation_rate");
      const ip = entity.get("ip");
      if (limit === undefined || ip === undefined) continue;
      limits.set(ip === null ? null : sameForm(ip), Number.isNaN(limit) ? Infinity : limit);
    }
    this.#limits = limits;
  }

  /**
   * An address opens a connection.
   *
   * @returns 0 if it may; else after how many milliseconds it is to be closed, unserved: a client that
   *   is refused at once would be back at once.
   */
  opened(address: string): number {
    if (this.#limits.size === 0) return 0;
    const ip = sameForm(address);
    const limit = this.#limits.get(ip) ?? this.#limits.get(null);
    if (limit === undefined) return 0;
    const nowMs = this.#clock.monotonicMs();
    const gauge = this.#gauge(ip, nowMs);
    gauge.record(1, nowMs);
    const throttleMs = Math.min(gauge.throttleMs(limit, nowMs), this.#windows.lengthMs);
    // One that is not accepted does not count.
    if (throttleMs > 0) gauge.record(-1, nowMs);
    return throttleMs;
  }

  #gauge(ip: string, nowMs: number): WindowedRate {
    let gauge = this.#gauges.get(ip);
    if (gauge !== undefined) return gauge;
    if (this.#gauges.size >= this.#sweepAt) {
      for (const [other, idle] of this.#gauges) {
        if (idle.isSpent(nowMs)) this.#gauges.delete(other);
      }
      this.#sweepAt = Math.max(FIRST_SWEEP, this.#gauges.size * 2);
    }
    gauge = new WindowedRate(this.#windows);
    this.#gauges.set(ip, gauge);
    return gauge;
  }
}

/** An IPv6 address can be written in many ways, and an IPv4 one as IPv6. */
function sameForm(ip: string): string {
  if (!isIPv6(ip)) return ip;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  return mapped?.[1] ?? new URL(`http://[${ip.replace(/%.*/, "")}]`).hostname.slice(1, -1);
}
