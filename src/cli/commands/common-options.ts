import type { Option } from "./command.ts";

/** Every command has them; the program takes care of the first two. */
export const commonOptions: readonly Option[] = [
  { name: "help", kind: "flag", description: "Print this." },
  { name: "version", kind: "flag", description: "Print the version." },
  { name: "json", kind: "flag", description: "Print JSON, for programs." },
];

export const bootstrapServer: Option = {
  name: "bootstrap-server",
  kind: "text",
  value: "HOST:PORT,...",
  description: "Required. The brokers to connect to first.",
};

/** One broker has no controllers beside it: the flag is known, and refused in a sentence. */
export const bootstrapController: Option = {
  name: "bootstrap-controller",
  kind: "text",
  value: "HOST:PORT,...",
  description: "Refused: Odradek's brokers answer for its controller, ask --bootstrap-server.",
};

export const commandConfig: Option = {
  name: "command-config",
  kind: "text",
  value: "FILE",
  description: "A properties file with settings of the client.",
};
