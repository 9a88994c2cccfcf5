import type { Message } from "./model.ts";

export function kebabCase(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase();
}

export function camelCase(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/**
 * What the structs of a file's messages are called in TypeScript: by their own names, and where two
 * messages have a struct of the same name, by that and the last word of the message's.
 */
export function structNames(
  messages: readonly Message[],
): (message: Message, struct: string) => string {
  const owners = new Map<string, number>();
  for (const { name, structs } of messages) {
    for (const struct of [name, ...structs.keys()]) {
      owners.set(struct, (owners.get(struct) ?? 0) + 1);
    }
  }
  return (message, struct) => {
    const isShared = (owners.get(struct) ?? 0) > 1 && struct !== message.name;
    return isShared ? `${struct}${/[A-Z][a-z]+$/.exec(message.name)?.[0] ?? "Data"}` : struct;
  };
}
