import { checkSizes } from "../config/config-operations.ts";
import { type AlterConfigsResource, alterConfigs } from "../protocol/generated/alter-configs.ts";
import { type Alteration, type AlterationCall, alterResources } from "./config-alterations.ts";
import { defineHandler, type Handler } from "./handler.ts";

/**
 * AlterConfigs sets all settings of a topic, a broker, a group or a subscription to client metrics
 * anew: what is not named is taken away. Superseded by IncrementalAlterConfigs.
 *
 * v1  as v0
 * v2  flexible encoding
 */
export const alterConfigsHandler: Handler = defineHandler({
  api: alterConfigs,

  async handle({ resources, validateOnly }, context, services) {
    const call: AlterationCall = { validateOnly, context, services };
    return { throttleTimeMs: 0, responses: await alterResources(resources, replacing, call) };
  },
});

const replacing: Alteration<AlterConfigsResource> = {
  mayBeNull: () => false,

  after({ configs }) {
    const after = new Map(configs.map(({ name, value }) => [name, value ?? ""]));
    checkSizes(after);
    return after;
  },

  changed: ({ configs }, before) => [...before.keys(), ...configs.map(({ name }) => name)],

  carriedOut: () => false,

  isSound: () => true,
};
