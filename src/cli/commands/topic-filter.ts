import { CommandError } from "./command.ts";

/** Whether a topic is meant. */
export type TopicFilter = (topic: string) => boolean;

/**
 * The filter that Kafka's tools make of a list of names or a regular expression: commas mean "or",
 * spaces and quotes around it nothing, and a name must match as a whole.
 *
 * @throws CommandError
 */
export function topicFilter(text: string): TopicFilter {
  const pattern = text
    .trim()
    .replaceAll(",", "|")
    .replaceAll(" ", "")
    .replace(/^["']+|["']+$/g, "");
  try {
    const regex = new RegExp(`^(?:${pattern})$`);
    return (topic) => regex.test(topic);
  } catch (error) {
    throw new CommandError(`${pattern} is an invalid regex.`, { cause: error });
  }
}
