import { entityKey, type QuotaAlteration, type QuotaEntity } from "../cluster/client-quotas.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  alterClientQuotas,
  type EntryDataRequest,
  type EntryDataResponseInput,
} from "../protocol/generated/alter-client-quotas.ts";
import { asRefusal, checkClusterRight, messageOf } from "./cluster-rights.ts";
import { defineHandler, type Handler } from "./handler.ts";

/** What was asked of one entity. */
interface Wanted extends QuotaAlteration {
  /** Two operations for one key: nothing is done. */
  readonly repeatsKey: string | undefined;
  /** Named again, which is an error, though what was asked first is done; so it is in Kafka. */
  isRepeated: boolean;
}

/**
 * AlterClientQuotas limits what users, client ids and addresses may use, each or not (KIP-546).
 *
 * v1  flexible encoding
 */
export const alterClientQuotasHandler: Handler = defineHandler({
  api: alterClientQuotas,

  async handle(request, context, { controller }) {
    const wanted = [...wantedIn(request.entries).values()];
    try {
      checkClusterRight(context, "alter-configs");
      const errors = new Map(wanted.flatMap((each) => refusalOf(each)));
      const decided = wanted.filter(({ repeatsKey }) => repeatsKey === undefined);
      const results = await controller.alterClientQuotas(decided, request);
      for (const [at, each] of decided.entries()) {
        const error = results[at];
        if (error !== undefined && !errors.has(each)) errors.set(each, error);
      }
      return { throttleTimeMs: 0, entries: wanted.map((each) => answerOf(each, errors.get(each))) };
    } catch (error) {
      const refusal = asRefusal(error);
      return { throttleTimeMs: 0, entries: wanted.map((each) => answerOf(each, refusal)) };
    }
  },
});

function wantedIn(entries: readonly EntryDataRequest[]): ReadonlyMap<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const { entity: parts, ops } of entries) {
    // Of a type that is named twice the last counts.
    const entity: QuotaEntity = new Map(
      parts.map(({ entityType, entityName }) => [entityType, entityName]),
    );
    const before = wanted.get(entityKey(entity));
    if (before !== undefined) {
      before.isRepeated = true;
      continue;
    }
    wanted.set(entityKey(entity), {
      entity,
      values: new Map(ops.map(({ key, value, remove }) => [key, remove ? undefined : value])),
      repeatsKey: firstRepeated(ops.map(({ key }) => key)),
      isRepeated: false,
    });
  }
  return wanted;
}

function firstRepeated(keys: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return keys.find((key) => seen.size === seen.add(key).size);
}

function refusalOf(wanted: Wanted): [Wanted, KafkaError][] {
  const { isRepeated, repeatsKey } = wanted;
  if (isRepeated) return [[wanted, invalid("the request names this entity more than once")]];
  return repeatsKey === undefined
    ? []
    : [[wanted, invalid(`the request changes '${repeatsKey}' more than once`)]];
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}

function answerOf({ entity }: Wanted, error: KafkaError | undefined): EntryDataResponseInput {
  return {
    errorCode: error?.code ?? ErrorCode.NONE,
    errorMessage: error === undefined ? null : messageOf(error),
    entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
  };
}
