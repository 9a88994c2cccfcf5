import type { DataDirectory } from "../../storage/data-directory.ts";
import { LeaderEpochs } from "../../storage/leader-epochs.ts";
import { EPOCHS_FILE } from "../../storage/log-files.ts";
import { CLUSTER_METADATA_TOPIC } from "../topic-name.ts";

/** A topic as its folders tell it. */
export interface FolderTopic {
  readonly name: string;
  /** Undefined where no folder says it. */
  readonly id: string | undefined;
  /** By index, of partitions that have a folder: the newest leader epoch it knows, or -1. */
  readonly leaderEpochs: ReadonlyMap<number, number>;
}

/** A folder with a larger number is none of a topic's: nobody has so many partitions. */
export const PARTITION_INDEX_MAX = 99_999;

interface Folder {
  readonly index: number;
  readonly id: string | undefined;
  readonly leaderEpoch: number;
}

/** The topics that have folders in these directories, by name. Copies under way count too. */
export async function topicsInFolders(
  directories: readonly DataDirectory[],
  readText: (path: string) => Promise<string | undefined>,
): Promise<ReadonlyMap<string, FolderTopic>> {
  const byTopic = new Map<string, Folder[]>();
  for (const directory of directories) {
    for (const place of [...directory.partitionsOnDisk(), ...directory.futuresOnDisk()]) {
      const { topic, partition: index, future } = place;
      if (index > PARTITION_INDEX_MAX || topic === CLUSTER_METADATA_TOPIC) continue;
      const path = `${directory.path}/${future ?? `${topic}-${index}`}/${EPOCHS_FILE}`;
      const leaderEpoch = LeaderEpochs.parse((await readText(path)) ?? "").latest;
      const folder = { index, id: directory.topicIdOf(place), leaderEpoch };
      const known = byTopic.get(topic);
      if (known === undefined) byTopic.set(topic, [folder]);
      else known.push(folder);
    }
  }
  return new Map([...byTopic].map(([name, folders]) => [name, topicOf(name, folders)]));
}

/** Folders that say another id than most are of an earlier topic of this name. */
function topicOf(name: string, folders: readonly Folder[]): FolderTopic {
  const id = mostFrequent(folders.flatMap((folder) => folder.id ?? []));
  const leaderEpochs = new Map<number, number>();
  for (const folder of folders) {
    if (folder.id !== undefined && folder.id !== id) continue;
    const known = leaderEpochs.get(folder.index) ?? -1;
    leaderEpochs.set(folder.index, Math.max(known, folder.leaderEpoch));
  }
  return { name, id, leaderEpochs };
}

function mostFrequent(ids: readonly string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
  let best: string | undefined;
  for (const [id, count] of counts) {
    if (best === undefined || count > (counts.get(best) ?? 0)) best = id;
  }
  return best;
}
