import { brokerNameOf } from "../topic-synonyms.ts";
import { clusterDocumentation } from "./cluster.ts";
import { coordinatorDocumentation } from "./coordinators.ts";
import { groupDocumentation } from "./group.ts";
import { logDocumentation } from "./log.ts";
import { networkDocumentation } from "./network.ts";
import { odradekDocumentation } from "./odradek.ts";
import { securityDocumentation } from "./security.ts";
import { tieredStorageDocumentation } from "./tiered-storage.ts";
import { topicDocumentation } from "./topic.ts";

/** What the settings of a broker do. */
export const brokerDocumentation: Readonly<Record<string, string>> = {
  ...forTopics(),
  ...forGroups(),
  ...networkDocumentation,
  ...securityDocumentation,
  ...logDocumentation,
  ...coordinatorDocumentation,
  ...clusterDocumentation,
  ...tieredStorageDocumentation,
  ...odradekDocumentation,
};

/** What holds for topics that do not say it themselves. */
function forTopics(): Record<string, string> {
  const sentences: Record<string, string> = {};
  for (const [name, sentence] of Object.entries(topicDocumentation)) {
    const brokerName = brokerNameOf(name);
    if (brokerName !== undefined)
      sentences[brokerName] = `${sentence} For topics without their own.`;
  }
  return sentences;
}

/** What holds for groups that do not say it themselves, and the limits of what they may say. */
function forGroups(): Record<string, string> {
  const sentences: Record<string, string> = {};
  for (const [name, sentence] of Object.entries(groupDocumentation)) {
    sentences[`group.${name}`] = `${sentence} For groups without their own.`;
    const [kind, ...rest] = name.split(".");
    sentences[`group.${kind}.min.${rest.join(".")}`] = `The least that a group's ${name} may be.`;
    sentences[`group.${kind}.max.${rest.join(".")}`] = `The most that a group's ${name} may be.`;
  }
  for (const kind of ["consumer", "share", "streams"]) {
    sentences[`group.${kind}.max.size`] = `How many members a ${kind} group has at most.`;
  }
  sentences["group.streams.max.standby.replicas"] =
    "The most that a group's streams.num.standby.replicas may be.";
  return sentences;
}
