import { getProperties } from "properties-file";

/** The settings in a server.properties, with Java's escapes and continued lines. */
export function parseProperties(content: string): Record<string, string> {
  return getProperties(content);
}
