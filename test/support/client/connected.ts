import { ClusterClient } from "../../../src/client/cluster-client.ts";
import type { ProducerOptions } from "../../../src/client/producer-options.ts";
import type { NewRecord } from "../../../src/records/records.ts";
import { SystemClock } from "../../../src/time/system-clock.ts";

/** A client of a broker on this machine. */
export function clientOf(port: number, apiTimeoutMs = 30_000): ClusterClient {
  return new ClusterClient({
    bootstrap: [{ host: "127.0.0.1", port }],
    clientId: "test",
    requestTimeoutMs: 30_000,
    apiTimeoutMs,
    clock: new SystemClock(),
  });
}

/** What a test does not say of its producer. */
export function producing(options: Partial<ProducerOptions> & { topic: string }): ProducerOptions {
  return {
    acks: -1,
    isIdempotent: true,
    compression: 0,
    batchBytes: 16_384,
    lingerMs: 5,
    bufferBytes: 1_000_000,
    recordBytesMax: 1_048_576,
    retries: 10,
    retryBackoffMs: 10,
    deliveryMs: 30_000,
    timeoutMs: 30_000,
    random: () => 0,
    ...options,
  };
}

export function textRecord(value: string, key: string | null = null): NewRecord {
  return { key: key === null ? null : Buffer.from(key), value: Buffer.from(value) };
}
