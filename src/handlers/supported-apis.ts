import { type ApiInfo, apis } from "../protocol/generated/apis.ts";

/**
 * The keys of every API this broker speaks. ApiVersions advertises exactly these, with Kafka 4.4's
 * version ranges; index.ts has a handler for each. What is missing, and why: NOT-SUPPORTED.md.
 */
export const supportedKeys = [
  0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 22, 23, 32, 33, 34, 35, 37, 42, 43,
  44, 45, 46, 47, 48, 49, 55, 57, 60, 61, 64, 68, 69, 71, 72, 74, 75,
] as const;

export type SupportedKey = (typeof supportedKeys)[number];

const keys: ReadonlySet<number> = new Set(supportedKeys);

/** The same with names and version ranges, in key order. */
export const supportedApis: readonly ApiInfo[] = apis.filter(({ key }) => keys.has(key));
