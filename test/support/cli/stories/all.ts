import type { Story } from "../story.ts";
import { configs } from "./configs.ts";
import { groups } from "./groups.ts";
import { mixed } from "./mixed.ts";
import { topics } from "./topics.ts";

export const stories: readonly Story[] = [topics, configs, groups, mixed];
