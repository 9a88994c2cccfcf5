import { ErrorCode, KafkaError, kafkaErrorCausedBy } from "../protocol/errors.ts";
import type { NewRecord } from "../records/records.ts";
import type { Timer } from "../time/clock.ts";
import { BatchSender } from "./batch-sender.ts";
import type { ClusterClient } from "./cluster-client.ts";
import { partitionOfKey } from "./partitioner.ts";
import type { Delivery, ProducerOptions } from "./producer-options.ts";

/** What a batch and a record take at most beside key, value and headers. */
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 21;
const HEADER_OVERHEAD_BYTES = 10;

/** What is said of a topic as long as it may still come. */
const notThereYet: ReadonlySet<number> = new Set([
  ErrorCode.LEADER_NOT_AVAILABLE,
  ErrorCode.NETWORK_EXCEPTION,
]);

interface OpenBatch {
  readonly records: NewRecord[];
  sizeInBytes: number;
}

/** The batches of one partition: one is under way at a time, which keeps their order. */
interface Queue {
  readonly partition: number;
  readonly batches: OpenBatch[];
  isSending: boolean;
}

/**
 * Writes records to one topic, in batches: a record goes where Java's producer puts its key; those
 * without a key stay with one partition until it got a batch's worth, then go to any.
 */
export class Producer {
  readonly #client: ClusterClient;
  readonly #options: ProducerOptions;
  readonly #sender: BatchSender;
  readonly #delivered: (delivery: Delivery) => void;
  readonly #queues: Queue[] = [];
  #sticky = { partition: -1, sizeInBytes: 0 };
  /** While it is found out which partitions there are. */
  #learning: Promise<void> | undefined;
  #bufferedBytes = 0;
  #linger: Timer | undefined;
  /** Those who wait for fewer bytes. */
  #waiting: { readonly bytesMax: number; readonly resolve: () => void }[] = [];

  /** @param delivered hears of each batch, in the order of its partition */
  constructor(
    client: ClusterClient,
    options: ProducerOptions,
    delivered: (delivery: Delivery) => void,
  ) {
    this.#client = client;
    this.#options = options;
    this.#sender = new BatchSender(client, options);
    this.#delivered = delivered;
  }

  /** Takes a record, to be sent soon. Waits while the topic is unknown or the buffer full. */
  async send(record: NewRecord): Promise<void> {
    const sizeInBytes = sizeOf(record);
    try {
      this.#checkSize(sizeInBytes);
      if (this.#queues.length === 0) await this.#learnOnce();
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
      this.#delivered({ records: [record], error });
      return;
    }
    const queue = this.#queueFor(record, sizeInBytes);
    this.#append(queue, record, sizeInBytes);
    const { bufferBytes } = this.#options;
    if (this.#bufferedBytes > bufferBytes) {
      this.#sendAll();
      await this.#atMost(bufferBytes);
    }
  }

  /** Waits until everything that was taken is delivered, or refused. */
  async flush(): Promise<void> {
    this.#sendAll();
    await this.#atMost(0);
  }

  #checkSize(sizeInBytes: number): void {
    const { recordBytesMax } = this.#options;
    if (sizeInBytes <= recordBytesMax) return;
    throw new KafkaError(
      ErrorCode.MESSAGE_TOO_LARGE,
      `The message is ${sizeInBytes} bytes when serialized which is larger than ${recordBytesMax}, which is the value of the max.request.size configuration.`,
    );
  }

  /** Those who wait for the same share it. */
  #learnOnce(): Promise<void> {
    this.#learning ??= this.#learn().finally(() => {
      this.#learning = undefined;
    });
    return this.#learning;
  }

  async #learn(): Promise<void> {
    try {
      await this.#sender.learn();
    } catch (error) {
      if (!(error instanceof KafkaError) || !notThereYet.has(error.code)) throw error;
      const { apiTimeoutMs } = this.#client;
      const sentence = `Topic ${this.#options.topic} not present in metadata after ${apiTimeoutMs} ms.`;
      throw kafkaErrorCausedBy(error, ErrorCode.REQUEST_TIMED_OUT, sentence);
    }
    for (let partition = 0; partition < this.#sender.partitionCount; partition++) {
      this.#queues.push({ partition, batches: [], isSending: false });
    }
  }

  #queueFor({ key }: NewRecord, sizeInBytes: number): Queue {
    const count = this.#queues.length;
    const partition =
      key === null ? this.#stickyPartition(sizeInBytes) : partitionOfKey(key, count);
    return this.#queues[partition] as Queue;
  }

  #stickyPartition(sizeInBytes: number): number {
    const sticky = this.#sticky;
    if (sticky.partition < 0 || sticky.sizeInBytes >= this.#options.batchBytes) {
      sticky.partition = Math.floor(this.#options.random() * this.#queues.length);
      sticky.sizeInBytes = 0;
    }
    sticky.sizeInBytes += sizeInBytes;
    return sticky.partition;
  }

  /** A record is from when it was given, not from when its batch leaves. */
  #append(queue: Queue, given: NewRecord, sizeInBytes: number): void {
    const { key, value, headers, timestamp = this.#client.clock.now() } = given;
    const record = { key, value, headers, timestamp };
    const { batchBytes, lingerMs } = this.#options;
    this.#bufferedBytes += sizeInBytes;
    const last = queue.batches.at(-1);
    const hasRoom = last !== undefined && last.sizeInBytes + sizeInBytes <= batchBytes;
    const batch = hasRoom ? last : { records: [], sizeInBytes: 0 };
    if (!hasRoom) queue.batches.push(batch);
    batch.records.push(record);
    batch.sizeInBytes += sizeInBytes;
    if (queue.batches.length > 1 || batch.sizeInBytes >= batchBytes) this.#start(queue, 1);
    else this.#linger ??= this.#client.clock.schedule(lingerMs, () => this.#sendAll());
  }

  #sendAll(): void {
    this.#linger?.cancel();
    this.#linger = undefined;
    for (const queue of this.#queues) this.#start(queue, 0);
  }

  /** @param left so many batches may stay, to become fuller */
  #start(queue: Queue, left: number): void {
    if (queue.isSending || queue.batches.length === 0) return;
    queue.isSending = true;
    void this.#work(queue, left);
  }

  async #work(queue: Queue, left: number): Promise<void> {
    do {
      const batch = queue.batches.shift();
      if (batch === undefined) break;
      await this.#deliver(queue.partition, batch.records);
      this.#bufferedBytes -= batch.sizeInBytes;
      this.#wake();
    } while (queue.batches.length > left || this.#waiting.length > 0);
    queue.isSending = false;
    if (queue.batches.length > 0) {
      const { lingerMs } = this.#options;
      this.#linger ??= this.#client.clock.schedule(lingerMs, () => this.#sendAll());
    }
  }

  async #deliver(partition: number, records: readonly NewRecord[]): Promise<void> {
    try {
      const baseOffset = await this.#sender.deliver(partition, records);
      this.#delivered({ partition, records, baseOffset });
    } catch (thrown) {
      const error = refusalOf(thrown);
      const isTooLarge = error.code === ErrorCode.MESSAGE_TOO_LARGE;
      if (!isTooLarge || records.length === 1) return this.#delivered({ records, error });
      // The topic takes smaller batches than ours.
      const half = Math.ceil(records.length / 2);
      await this.#deliver(partition, records.slice(0, half));
      await this.#deliver(partition, records.slice(half));
    }
  }

  #atMost(bytesMax: number): Promise<void> {
    if (this.#bufferedBytes <= bytesMax) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ bytesMax, resolve });
    });
  }

  #wake(): void {
    const isDone = ({ bytesMax }: { readonly bytesMax: number }) => this.#bufferedBytes <= bytesMax;
    for (const { resolve } of this.#waiting.filter(isDone)) resolve();
    this.#waiting = this.#waiting.filter((each) => !isDone(each));
  }
}

/** Whatever it was, the records that it hit are told of it. */
function refusalOf(error: unknown): KafkaError {
  if (error instanceof KafkaError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return kafkaErrorCausedBy(error, ErrorCode.UNKNOWN_SERVER_ERROR, why);
}

/** An upper bound of what a record takes alone in a batch, as Kafka's producer reckons it. */
function sizeOf({ key, value, headers = [] }: NewRecord): number {
  let size = BATCH_OVERHEAD_BYTES + RECORD_OVERHEAD_BYTES;
  size += (key?.length ?? 0) + (value?.length ?? 0);
  for (const header of headers) {
    size += HEADER_OVERHEAD_BYTES + Buffer.byteLength(header.key) + (header.value?.length ?? 0);
  }
  return size;
}
