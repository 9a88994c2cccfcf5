import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import { type BatchHeader, isControl, isTransactional } from "../records/batch.ts";
import { recordsOf } from "../records/records.ts";

/** One of the last batches of a producer. */
export interface ProducedBatch {
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly offsetDelta: number;
  readonly timestamp: number;
}

export interface ProducerState {
  readonly producerId: number;
  epoch: number;
  /** The newest last; at most five. Empty after a marker. */
  batches: ProducedBatch[];
  /** When the producer was last heard of, milliseconds. */
  lastTimestamp: number;
  coordinatorEpoch: number;
  /** -1: no transaction is open. */
  transactionFirstOffset: number;
}

/** How many batches back an exact repeat is recognised (Kafka's ProducerStateEntry). */
const REMEMBERED_BATCHES = 5;
const SEQUENCES = 2 ** 31;

/**
 * The idempotent producers of one partition, and what each sent last: a repeat is answered with the
 * offset it got the first time, a gap is refused. Rules of Kafka's ProducerAppendInfo.
 */
export class ProducerStates {
  readonly #states = new Map<number, ProducerState>();

  get size(): number {
    return this.#states.size;
  }

  all(): Iterable<ProducerState> {
    return this.#states.values();
  }

  put(state: ProducerState): void {
    this.#states.set(state.producerId, state);
  }

  /**
   * Looks at a batch that a client wants to append.
   *
   * @returns the batch that it repeats; undefined for a new one.
   * @throws KafkaError INVALID_PRODUCER_EPOCH, OUT_OF_ORDER_SEQUENCE_NUMBER.
   */
  check(header: BatchHeader): ProducedBatch | undefined {
    const { producerId, producerEpoch, baseSequence } = header;
    const state = this.#states.get(producerId);
    if (state === undefined) return undefined;
    if (producerEpoch === state.epoch) {
      const repeated = findRepeated(state, header);
      if (repeated !== undefined) return repeated;
    }
    if (producerEpoch < state.epoch) {
      throw new KafkaError(
        ErrorCode.INVALID_PRODUCER_EPOCH,
        `epoch ${producerEpoch} of producer ${producerId}, which is at ${state.epoch}`,
      );
    }
    const expected = expectedSequence(state, producerEpoch);
    if (baseSequence !== expected) {
      throw new KafkaError(
        ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER,
        `sequence ${baseSequence} of producer ${producerId}, expected ${expected}`,
      );
    }
    return undefined;
  }

  /**
   * A batch is in the log: while it is appended, and again when the log is loaded.
   *
   * @param bytes the batch, at `at`; looked into only if it is a control batch.
   */
  note(header: BatchHeader, bytes: Buffer, at: number): void {
    const { producerId, producerEpoch, lastOffsetDelta } = header;
    if (producerId < 0) return;
    const state = this.#stateFor(header);
    if (isControl(header.attributes)) {
      noteMarker(state, header, bytes, at);
      return;
    }
    state.lastTimestamp = header.maxTimestamp;
    if (state.epoch !== producerEpoch) {
      state.epoch = producerEpoch;
      state.batches = [];
    }
    if (isTransactional(header.attributes) && state.transactionFirstOffset < 0) {
      state.transactionFirstOffset = header.baseOffset;
    }
    if (state.batches.length === REMEMBERED_BATCHES) state.batches.shift();
    state.batches.push({
      lastSequence: (header.baseSequence + lastOffsetDelta) % SEQUENCES,
      lastOffset: header.baseOffset + lastOffsetDelta,
      offsetDelta: lastOffsetDelta,
      timestamp: header.maxTimestamp,
    });
  }

  /**
   * What was found in the batches of a log, for producers of whom the last batch alone is known: of
   * those that end with this very batch, the ones before it are remembered too.
   */
  recall(found: ProducerStates): void {
    for (const state of this.#states.values()) {
      const other = found.#states.get(state.producerId);
      const [last] = state.batches;
      const same = other?.batches.at(-1);
      if (last === undefined || other?.epoch !== state.epoch || state.batches.length > 1) continue;
      if (same?.lastOffset === last.lastOffset && same.lastSequence === last.lastSequence) {
        state.batches = other.batches;
      }
    }
  }

  /** Forgets producers that were last heard of then, or before, and have no transaction open. */
  expire(untilMs: number): void {
    for (const [producerId, { lastTimestamp, transactionFirstOffset }] of this.#states) {
      if (lastTimestamp <= untilMs && transactionFirstOffset < 0) this.#states.delete(producerId);
    }
  }

  #stateFor({ producerId, producerEpoch, maxTimestamp }: BatchHeader): ProducerState {
    const known = this.#states.get(producerId);
    if (known !== undefined) return known;
    const state: ProducerState = {
      producerId,
      epoch: producerEpoch,
      batches: [],
      lastTimestamp: maxTimestamp,
      coordinatorEpoch: -1,
      transactionFirstOffset: -1,
    };
    this.#states.set(producerId, state);
    return state;
  }
}

const ABORT = 0;
const COMMIT = 1;

/** The end of a transaction (Kafka's ProducerAppendInfo.appendEndTxnMarker). */
function noteMarker(state: ProducerState, header: BatchHeader, bytes: Buffer, at: number): void {
  const [marker] = recordsOf(bytes, at);
  const { key, value } = marker ?? {};
  if (!key || !value || key.length < 4 || value.length < 6) return;
  const type = key.readInt16BE(2);
  if (type !== ABORT && type !== COMMIT) return;
  if (state.epoch !== header.producerEpoch) state.batches = [];
  state.epoch = header.producerEpoch;
  state.coordinatorEpoch = value.readInt32BE(2);
  state.transactionFirstOffset = -1;
  state.lastTimestamp = header.maxTimestamp;
}

function findRepeated(state: ProducerState, header: BatchHeader): ProducedBatch | undefined {
  const lastSequence = (header.baseSequence + header.lastOffsetDelta) % SEQUENCES;
  return state.batches.find(
    (batch) => batch.lastSequence === lastSequence && batch.offsetDelta === header.lastOffsetDelta,
  );
}

function expectedSequence(state: ProducerState, producerEpoch: number): number {
  const last = producerEpoch === state.epoch ? state.batches.at(-1) : undefined;
  return last === undefined ? 0 : (last.lastSequence + 1) % SEQUENCES;
}
