import { type CommandContext, CommandError } from "../command.ts";

/** What is to be set, and what is to be set no more. */
export interface Changes {
  readonly added: ReadonlyMap<string, string>;
  readonly deleted: readonly string[];
}

/** A place that is not within square brackets. */
const outside = "(?=[^\\]]*(?:\\[|$))";
const betweenPairs = new RegExp(`,${outside}`);
const betweenNameAndValue = new RegExp(`\\s*=\\s*${outside}`);

/** @throws CommandError, Error */
export async function changesOf(
  context: Pick<CommandContext, "options" | "properties">,
): Promise<Changes> {
  const { options } = context;
  const text = options.text("add-config");
  const added = text === undefined ? await settingsInFile(context) : parseSettings(text);
  for (const name of added.keys()) {
    if (/^[$\w.-]*$/.test(name)) continue;
    throw new CommandError(`Invalid character found for config key: ${name}`);
  }
  const deleted = options.texts("delete-config").flatMap((names) => names.split(","));
  return { added, deleted: deleted.map((name) => name.trim()) };
}

/** Reads `a=1,b=[2,3]`. @throws CommandError */
export function parseSettings(text: string): Map<string, string> {
  const settings = new Map<string, string>();
  for (const pair of text.split(betweenPairs)) {
    const [name, value, more] = pair.split(betweenNameAndValue);
    if (name === undefined || value === undefined || more !== undefined) {
      throw new CommandError(
        'Invalid entity config: all configs to be added must be in the format "key=val" or  "key=[val1,val2]" to group values which contain commas.',
      );
    }
    settings.set(name.trim(), value.replace(/[[\]]/g, "").trim());
  }
  return settings;
}

async function settingsInFile({
  options,
  properties,
}: Pick<CommandContext, "options" | "properties">): Promise<Map<string, string>> {
  const path = options.text("add-config-file");
  if (path === undefined) return new Map();
  try {
    return new Map(Object.entries(await properties(path)));
  } catch (error) {
    throw new Error(`java.nio.file.NoSuchFileException: ${path}`, { cause: error });
  }
}
