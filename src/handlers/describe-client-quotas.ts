import { type EntityType, isEntityType, type QuotaEntity } from "../cluster/client-quotas.ts";
import { ErrorCode, KafkaError } from "../protocol/errors.ts";
import {
  type ComponentData,
  describeClientQuotas,
} from "../protocol/generated/describe-client-quotas.ts";
import { asRefusal, checkClusterRight } from "./cluster-rights.ts";
import { defineHandler, type Handler } from "./handler.ts";

/** How a part of the entity must be: a name, null for the default, undefined for any of the two. */
type Filter = ReadonlyMap<EntityType, string | null | undefined>;

const EXACT = 0;
const DEFAULT = 1;
const ANY = 2;

/**
 * DescribeClientQuotas tells the quotas of the entities that have every part asked for; strictly, of
 * those that have no other (KIP-546).
 *
 * v1  flexible encoding
 */
export const describeClientQuotasHandler: Handler = defineHandler({
  api: describeClientQuotas,

  handle({ components, strict }, context, { image }) {
    try {
      checkClusterRight(context, "describe-configs");
      const filter = filterOf(components);
      const found = [...image().clientQuotas.values()].filter(({ entity }) =>
        matches(entity, filter, strict),
      );
      const entries = found.map(({ entity, values }) => ({
        entity: [...entity].map(([entityType, entityName]) => ({ entityType, entityName })),
        values: [...values].map(([key, value]) => ({ key, value })),
      }));
      return { throttleTimeMs: 0, errorCode: ErrorCode.NONE, errorMessage: "", entries };
    } catch (error) {
      const { code, message } = asRefusal(error);
      return { throttleTimeMs: 0, errorCode: code, errorMessage: message, entries: null };
    }
  },
});

function filterOf(components: readonly ComponentData[]): Filter {
  const filter = new Map<EntityType, string | null | undefined>();
  for (const component of components) {
    const { entityType } = component;
    if (entityType === "") throw invalid("a filter needs a type of entity");
    if (isEntityType(entityType) && filter.has(entityType)) {
      throw invalid(`the filter names ${entityType} more than once`);
    }
    if (!isEntityType(entityType)) {
      const message = `'${entityType}' is not a type of entity`;
      throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, message);
    }
    filter.set(entityType, wantedName(component));
  }
  if (filter.has("ip") && filter.size > 1) {
    throw invalid("no entity has an ip and a user or client-id");
  }
  return filter;
}

function wantedName({ matchType, match }: ComponentData): string | null | undefined {
  if (matchType === EXACT) {
    if (match === null) throw invalid("an exact match needs a name");
    return match;
  }
  if (matchType !== DEFAULT && matchType !== ANY) {
    throw invalid(`there is no way ${matchType} to match`);
  }
  if (match !== null) throw invalid("only an exact match takes a name");
  return matchType === DEFAULT ? null : undefined;
}

function matches(entity: QuotaEntity, filter: Filter, strict: boolean): boolean {
  if (strict && entity.size !== filter.size) return false;
  for (const [type, wanted] of filter) {
    const name = entity.get(type);
    if (name === undefined || (wanted !== undefined && name !== wanted)) return false;
  }
  return true;
}

function invalid(message: string): KafkaError {
  return new KafkaError(ErrorCode.INVALID_REQUEST, message);
}
