import type { Story } from "../story.ts";
import { groups } from "./groups.ts";
import { topics } from "./topics.ts";

export const stories: readonly Story[] = [topics, groups];
