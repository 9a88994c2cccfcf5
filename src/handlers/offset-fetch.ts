import type { MetadataImage } from "../cluster/image.ts";
import type { GroupCoordinator } from "../coordinator/group/group-coordinator.ts";
import {
  type FetchedTopic,
  noOffset,
  type WantedTopic,
} from "../coordinator/group/offset-fetch.ts";
import { ErrorCode } from "../protocol/errors.ts";
import { type OffsetFetchRequest, offsetFetch } from "../protocol/generated/offset-fetch.ts";
import { ZERO_UUID } from "../protocol/uuid.ts";
import { defineHandler, type Handler, type RequestContext } from "./handler.ts";

const TOP_LEVEL_ERROR_FROM_VERSION = 2;
const SEVERAL_GROUPS_FROM_VERSION = 8;
const TOPIC_ID_FROM_VERSION = 10;

type AskedTopic = NonNullable<OffsetFetchRequest["groups"][number]["topics"]>[number];

interface Asked {
  readonly groupId: string;
  readonly topics: readonly AskedTopic[] | null;
  /** Who asks, if it is a member of a consumer group; null and -1 if not. */
  readonly memberId: string | null;
  readonly memberEpoch: number;
}

interface Fetched {
  readonly errorCode: ErrorCode;
  readonly topics: readonly FetchedTopic[];
}

/** What OffsetFetch needs around it to answer for one group. */
interface Surroundings {
  readonly context: RequestContext;
  readonly groups: GroupCoordinator;
  readonly image: MetadataImage;
  /** Everything a group has, by group and who asks: fetched once, however often the request names it. */
  readonly whole: Map<string, Promise<Fetched>>;
}

/**
 * OffsetFetch tells how far a group has read. A partition without an offset, of a group that nobody
 * knows as well, is offset -1 and no error.
 *
 * v2  null topics: everything the group has; an error code of its own
 * v5  leader epoch of the last record read
 * v7  RequireStable (KIP-447): without transactions every offset is stable
 * v8  several groups, each with its own error
 * v9  member id and epoch, for the consumer protocol (KIP-848); classic groups ignore them
 * v10 topics by id
 */
export const offsetFetchHandler: Handler = defineHandler({
  api: offsetFetch,

  async handle(request, context, { groups, image }) {
    const around: Surroundings = { context, groups, image: image(), whole: new Map() };
    if (context.version >= SEVERAL_GROUPS_FROM_VERSION) {
      const answers = request.groups.map(async (asked) => ({
        groupId: asked.groupId,
        ...(await fetchOnce(asked, around)),
      }));
      return { groups: await Promise.all(answers) };
    }
    const topics = request.topics?.map((topic) => ({ ...topic, topicId: ZERO_UUID })) ?? null;
    const { errorCode, topics: found } = await fetchGroup(
      { groupId: request.groupId, topics, memberId: null, memberEpoch: -1 },
      around,
    );
    const needsCodes =
      errorCode !== ErrorCode.NONE && context.version < TOP_LEVEL_ERROR_FROM_VERSION;
    return { errorCode, topics: needsCodes ? refused(topics ?? [], errorCode) : found };
  },
});

function fetchOnce(asked: Asked, around: Surroundings): Promise<Fetched> {
  if (asked.topics !== null) return fetchGroup(asked, around);
  const who = JSON.stringify([asked.groupId, asked.memberId, asked.memberEpoch]);
  const known = around.whole.get(who);
  if (known !== undefined) return known;
  const fetched = fetchGroup(asked, around);
  around.whole.set(who, fetched);
  return fetched;
}

async function fetchGroup(asked: Asked, around: Surroundings): Promise<Fetched> {
  const { context, groups } = around;
  if (!context.may("describe", "group", asked.groupId)) {
    return { errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED, topics: [] };
  }
  if (asked.topics === null) {
    const all = await groups.fetchOffsets(asked.groupId, null, asked);
    return { ...all, topics: all.topics.filter((topic) => isShown(topic, context)) };
  }
  // What is refused keeps its place in the answer; the others are fetched in one go.
  const checked = asked.topics.map((topic) => check(topic, around));
  const wanted = checked.flatMap((each) => ("wanted" in each ? [each.wanted] : []));
  const { errorCode, topics } = await groups.fetchOffsets(asked.groupId, wanted, asked);
  if (errorCode !== ErrorCode.NONE) return { errorCode, topics: [] };
  let next = 0;
  const inOrder = checked.map((each) => ("wanted" in each ? topics[next++] : each.refused));
  return { errorCode, topics: inOrder.filter((topic) => topic !== undefined) };
}

/** Of everything a group has, what this client may know of and this version can name. */
function isShown({ name, topicId }: FetchedTopic, context: RequestContext): boolean {
  if (context.version >= TOPIC_ID_FROM_VERSION && topicId === ZERO_UUID) return false;
  return context.may("describe", "topic", name);
}

function check(
  topic: AskedTopic,
  { context, image }: Surroundings,
): { readonly wanted: WantedTopic } | { readonly refused: FetchedTopic } {
  const byId = context.version >= TOPIC_ID_FROM_VERSION;
  const known = byId ? image.topicById(topic.topicId) : image.topic(topic.name);
  const refuse = (errorCode: ErrorCode) => ({
    refused: { ...topic, partitions: topic.partitionIndexes.map((i) => noOffset(i, errorCode)) },
  });
  if (byId && known === undefined) return refuse(ErrorCode.UNKNOWN_TOPIC_ID);
  const name = known?.name ?? topic.name;
  if (!context.may("describe", "topic", name)) return refuse(ErrorCode.TOPIC_AUTHORIZATION_FAILED);
  const { partitionIndexes } = topic;
  return { wanted: { name, topicId: known?.id ?? ZERO_UUID, partitionIndexes } };
}

function refused(topics: readonly AskedTopic[], errorCode: ErrorCode): FetchedTopic[] {
  return topics.map(({ name, topicId, partitionIndexes }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((index) => noOffset(index, errorCode)),
  }));
}
