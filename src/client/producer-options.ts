import type { KafkaError } from "../protocol/errors.ts";
import type { NewRecord } from "../records/records.ts";

export interface ProducerOptions {
  readonly topic: string;
  /** -1 all replicas, 1 the leader, 0 nobody: then nothing is known of what was sent. */
  readonly acks: -1 | 0 | 1;
  /** With a producer id, so that what is sent again is stored once. Needs acks -1. */
  readonly isIdempotent: boolean;
  /** As in `CompressionType`. */
  readonly compression: number;
  /** A batch is sent when it has so many bytes. */
  readonly batchBytes: number;
  /** A batch that is not full is sent after so many milliseconds. */
  readonly lingerMs: number;
  /** So many bytes are held at most: `send` waits. */
  readonly bufferBytes: number;
  /** Most bytes of a record (max.request.size). */
  readonly recordBytesMax: number;
  /** So often is a batch sent again that was refused, or whose answer was lost. */
  readonly retries: number;
  readonly retryBackoffMs: number;
  /** Most milliseconds from sending a batch first to its acknowledgement (delivery.timeout.ms). */
  readonly deliveryMs: number;
  /** Most milliseconds that the broker waits for replicas. */
  readonly timeoutMs: number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

/** What became of the records of one batch. */
export type Delivery =
  | {
      readonly partition: number;
      readonly records: readonly NewRecord[];
      /** Of the first; -1 where it is not known: with acks 0. */
      readonly baseOffset: number;
      readonly error?: undefined;
    }
  | { readonly records: readonly NewRecord[]; readonly error: KafkaError };
