import { ClusterClient } from "../../client/cluster-client.ts";
import type { Address } from "../../client/connection.ts";
import type { Clock } from "../../time/clock.ts";
import { CommandError, type ConnectHow, UsageRefusal } from "./command.ts";
import type { GivenOptions } from "./given-options.ts";

const API_TIMEOUT_MS = 60_000;
const REQUEST_TIMEOUT_MS = 30_000;

export interface Connecting {
  readonly options: GivenOptions;
  readonly clock: Clock;
  readonly clientId: string;
  readonly complain: (text: string) => void;
  readonly properties: (path: string) => Promise<Record<string, string>>;
}

/**
 * The client that the flags of a command ask for.
 *
 * @throws CommandError, UsageRefusal
 */
export async function clientOf(given: Connecting, how: ConnectHow): Promise<ClusterClient> {
  const { options, clock, complain } = given;
  const file = textIfKnown(options, "command-config");
  const settings = {
    ...how.properties,
    ...(file === undefined ? {} : await given.properties(file)),
  };
  refuseWhatIsMissing(settings);
  return new ClusterClient({
    bootstrap: bootstrapOf(options, settings),
    clientId: settings["client.id"] ?? given.clientId,
    requestTimeoutMs: millisecondsIn(settings, "request.timeout.ms") ?? REQUEST_TIMEOUT_MS,
    apiTimeoutMs:
      how.apiTimeoutMs ?? millisecondsIn(settings, "default.api.timeout.ms") ?? API_TIMEOUT_MS,
    clock,
    warn: (sentence) => complain(`WARN ${sentence}\n`),
  });
}

function bootstrapOf(
  options: GivenOptions,
  settings: Readonly<Record<string, string>>,
): readonly Address[] {
  if (textIfKnown(options, "bootstrap-controller") !== undefined) {
    throw new UsageRefusal(
      "--bootstrap-controller is not supported: brokers answer for the controller here, give --bootstrap-server",
    );
  }
  const text = textIfKnown(options, "bootstrap-server") ?? settings["bootstrap.servers"];
  if (text === undefined) throw new UsageRefusal(`Missing required argument "[bootstrap-server]"`);
  return parseServers(text);
}

/** @throws CommandError with the words of Kafka's clients. */
function parseServers(text: string): readonly Address[] {
  const servers = text.split(",").map((one) => one.trim());
  return servers.filter((one) => one !== "").map(parseServer);
}

function parseServer(text: string): Address {
  const match = /^(?:[A-Z_]+:\/\/)?(?:\[([\w:.%-]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) {
    throw new CommandError(`Invalid url in bootstrap.servers: ${text}`);
  }
  return { host, port: Number(match?.[3]) };
}

function refuseWhatIsMissing(settings: Readonly<Record<string, string>>): void {
  const protocol = settings["security.protocol"]?.trim().toUpperCase();
  if (protocol === undefined || protocol === "PLAINTEXT") return;
  throw new CommandError(
    `security.protocol=${protocol} is not supported: Odradek's commands speak PLAINTEXT`,
  );
}

function millisecondsIn(
  settings: Readonly<Record<string, string>>,
  name: string,
): number | undefined {
  const text = settings[name];
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text.trim())) {
    throw new CommandError(
      `Invalid value ${text} for configuration ${name}: Not a number of type INT`,
    );
  }
  return Number(text);
}

function textIfKnown(options: GivenOptions, name: string): string | undefined {
  return options.knows(name) ? options.text(name) : undefined;
}
