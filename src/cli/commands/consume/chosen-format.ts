import type { CommandContext } from "../command.ts";
import { UsageRefusal } from "../command.ts";
import { logLine } from "../console-log.ts";
import { keyValues, type Settings, settingsInFile } from "../settings.ts";
import { defaultFormat, type Format, jsonFormat } from "./formatter.ts";
import { groupFormat, offsetsFormat } from "./group-records.ts";
import { deprecation } from "./plan.ts";

const PACKAGES = /^(?:org\.apache\.kafka\.tools\.consumer|kafka\.tools)\./;

/** How records are printed. @throws UsageRefusal */
export async function chosenFormat(context: CommandContext): Promise<Format> {
  const { options: given, print, clock, complain } = context;
  const properties = await formatterProperties(context);
  if (given.has("property")) print(deprecation("property", "formatter-property"));
  if (given.has("json")) return jsonFormat;
  const className = given.text("formatter") ?? "DefaultMessageFormatter";
  const unknown = (name: string) => {
    const text = `Unable to instantiate a deserializer from ${name}`;
    complain(
      logLine(clock, "ERROR", [text, "org.apache.kafka.tools.consumer.DefaultMessageFormatter"]),
    );
  };
  switch (className.replace(PACKAGES, "")) {
    case "DefaultMessageFormatter":
      return defaultFormat(properties, unknown);
    case "NoOpMessageFormatter":
      return () => [];
    case "OffsetsMessageFormatter":
      return offsetsFormat;
    case "GroupMetadataMessageFormatter":
      return groupFormat;
    default:
      throw new UsageRefusal(className);
  }
}

async function formatterProperties(context: CommandContext): Promise<Settings> {
  const { options: given } = context;
  if (given.has("property") && given.has("formatter-property")) {
    throw new UsageRefusal(
      "Options --property and --formatter-property cannot be specified together.",
    );
  }
  const fromFile = await settingsInFile(context, {
    old: "formatter-config",
    now: "formatter-config",
  });
  return {
    ...fromFile,
    ...deserializer(given.text("key-deserializer"), "key.deserializer"),
    ...deserializer(given.text("value-deserializer"), "value.deserializer"),
    ...keyValues([...given.texts("property"), ...given.texts("formatter-property")]),
  };
}

function deserializer(className: string | undefined, name: string): Settings {
  return className ? { [name]: className } : {};
}
