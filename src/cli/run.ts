import type { RunningBroker } from "../broker.ts";
import { settingsOfEnvironment } from "../config/environment.ts";
import { DeferredLogger, type Level } from "../telemetry/deferred-logger.ts";
import { announce, textOf, warnOfStrangers } from "./announce.ts";
import { type Flags, logLevels, parseCommand } from "./arguments.ts";
import { failureOf } from "./failure.ts";
import { help } from "./help.ts";
import { mergedSettings } from "./options.ts";
import { UsageError } from "./usage-error.ts";

/** The process, as far as the command line has to do with it. */
export interface Surroundings {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: () => string;
  readonly readFile: (path: string) => string;
  /** Standard output. */
  readonly print: (text: string) => void;
  /** Standard error: written when this returns. */
  readonly complain: (text: string) => void;
  /** Standard error is read by a person. */
  readonly isTerminal: boolean;
  readonly isColoured: boolean;
  /** Calls `stop` at each SIGTERM and SIGINT. */
  readonly onSignal: (stop: (signal: string) => void) => void;
  readonly onUncaught: (fail: (error: unknown) => void) => void;
  readonly exit: (code: number) => void;
}

/** The library that writes logs is loaded this long after the broker serves, not before. */
const LOGGING_DELAY_MS = 250;
/** Thousands of partitions take a while to be made durable; what is cut off is recovered. */
const STOP_DEADLINE_MS = 25_000;

/** Runs a broker until a signal stops it. Settles once it serves, or has said why it does not. */
export async function run(surroundings: Surroundings): Promise<void> {
  try {
    const command = parseCommand(surroundings.arguments);
    if (command.do === "help") surroundings.print(help);
    else if (command.do === "version") surroundings.print(`${surroundings.version()}\n`);
    else await serve(command.flags, surroundings);
  } catch (error) {
    fail(error, surroundings);
  }
}

function fail(error: unknown, { complain, exit }: Surroundings): void {
  const { sentence, exitCode } = failureOf(error);
  complain(`odradek: ${sentence}\n`);
  exit(exitCode);
}

async function serve(flags: Flags, surroundings: Surroundings): Promise<void> {
  const { environment, print } = surroundings;
  const file = flags.config === undefined ? {} : await readProperties(flags.config, surroundings);
  const settings = mergedSettings({ file, environment: settingsOfEnvironment(environment), flags });
  const logger = new DeferredLogger(levelIn(settings), Date.now);
  const starting = startBroker({ flags, settings, logger });
  const flow = () => startLogging(logger, surroundings);
  stopOnSignal({ starting, logger, flow }, surroundings);
  stopOnUncaught({ logger, flow }, surroundings);
  let broker: RunningBroker;
  try {
    broker = await starting;
  } catch (error) {
    logger.debug("the broker did not start", { error });
    await flow();
    throw error;
  }
  void exitOnFailure(broker, { logger, flow }, surroundings);
  print(`${bootstrapAddress(broker)}\n`);
  announce(broker.endpoints, logger);
  const log = async () => {
    const where = flags.ephemeral ? "in memory" : `in ${broker.config.logDirs?.join(", ")}`;
    logger.info(`odradek ${surroundings.version()} keeps its data ${where}`);
    await flow();
    const { lookup } = await import("node:dns/promises");
    await warnOfStrangers(broker.endpoints, logger, lookup);
  };
  setTimeout(() => void log(), LOGGING_DELAY_MS).unref();
}

async function startBroker(given: {
  readonly flags: Flags;
  readonly settings: Readonly<Record<string, string>>;
  readonly logger: DeferredLogger;
}): Promise<RunningBroker> {
  const { flags, settings, logger } = given;
  const { RunningBroker } = await import("../broker.ts");
  const { ephemeral, topics } = flags;
  return RunningBroker.open({ settings, ephemeral, topics, logger });
}

async function readProperties(
  path: string,
  { readFile }: Surroundings,
): Promise<Record<string, string>> {
  const { parseProperties } = await import("../config/properties.ts");
  try {
    return parseProperties(readFile(path));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--config takes a file that can be read, which ${path} is not: ${why}`, {
      cause: error,
    });
  }
}

/** What is not a level is refused later, with every other setting. */
function levelIn(settings: Readonly<Record<string, string>>): Level {
  const level = settings["odradek.log.level"]?.toLowerCase() ?? "info";
  return logLevels.includes(level) ? (level as Level) : "info";
}

async function startLogging(logger: DeferredLogger, surroundings: Surroundings): Promise<void> {
  if (logger.isSilent) return;
  const { pinoSink } = await import("../telemetry/pino-logger.ts");
  const { isTerminal, isColoured, complain } = surroundings;
  logger.flow(pinoSink({ isReadable: isTerminal, isColoured, write: complain }));
}

/** The address of the first listener that clients are told of. */
function bootstrapAddress({ endpoints }: RunningBroker): string {
  const first = endpoints.find(({ advertised }) => advertised !== undefined);
  return textOf(first?.advertised ?? { host: "localhost", port: first?.port ?? 0 });
}

interface Running {
  readonly logger: DeferredLogger;
  readonly flow: () => Promise<void>;
}

/** The first signal stops in good order, within a deadline; a second at once. */
function stopOnSignal(
  { starting, logger, flow }: Running & { readonly starting: Promise<RunningBroker> },
  { onSignal, complain, exit }: Surroundings,
): void {
  let isStopping = false;
  onSignal((signal) => {
    if (isStopping) {
      complain("odradek: stopped at once\n");
      exit(1);
      return;
    }
    isStopping = true;
    logger.info(`${signal}: stopping`);
    setTimeout(() => {
      complain(`odradek: could not stop within ${STOP_DEADLINE_MS} ms, and gave up\n`);
      exit(1);
    }, STOP_DEADLINE_MS).unref();
    const stop = async () => {
      await flow();
      await (await starting).stop();
      logger.info("stopped");
      exit(0);
    };
    stop().catch((error: unknown) => {
      logger.error("could not stop in good order", { error });
      exit(1);
    });
  });
}

/** The disk failed: the broker has stopped, and whoever watches the process is to know. */
async function exitOnFailure(
  { failed }: RunningBroker,
  { logger, flow }: Running,
  { exit }: Surroundings,
): Promise<void> {
  const error = await failed;
  logger.error("stopped, for the disk failed", { error });
  await flow();
  exit(1);
}

/** A bug: it is written down with where it happened, and the process ends, for its state is unknown. */
function stopOnUncaught({ logger, flow }: Running, { onUncaught, exit }: Surroundings): void {
  onUncaught((error) => {
    logger.error("an error that nobody expected: the broker ends here", { error });
    const end = () => exit(1);
    flow().then(end, end);
  });
}
