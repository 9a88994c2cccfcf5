const PREFIX = "KAFKA_";

/** Variables that the official image reads itself, or hands to Java: no settings of a broker. */
const notSettings: ReadonlySet<string> = new Set([
  "KAFKA_VERSION",
  "KAFKA_HEAP_OPTS",
  "KAFKA_LOG4J_OPTS",
  "KAFKA_OPTS",
  "KAFKA_JMX_OPTS",
  "KAFKA_JVM_PERFORMANCE_OPTS",
  "KAFKA_GC_LOG_OPTS",
  "KAFKA_LOG4J_ROOT_LOGLEVEL",
  "KAFKA_LOG4J_LOGGERS",
  "KAFKA_TOOLS_LOG4J_LOGLEVEL",
  "KAFKA_JMX_HOSTNAME",
  "KAFKA_JMX_PORT",
  "KAFKA_SSL_KEYSTORE_FILENAME",
  "KAFKA_SSL_KEYSTORE_CREDENTIALS",
  "KAFKA_SSL_KEY_CREDENTIALS",
  "KAFKA_SSL_TRUSTSTORE_FILENAME",
  "KAFKA_SSL_TRUSTSTORE_CREDENTIALS",
]);

/**
 * The settings in the environment, named as in the official image: `KAFKA_` before the name in
 * capitals, `_` for a dot, `__` for `_`, `___` for `-`. Also `CLUSTER_ID`. As there, advertised
 * listeners alone are listened for on all interfaces.
 */
export function settingsOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith(PREFIX) || notSettings.has(variable)) continue;
    settings[settingName(variable)] = value;
  }
  const { CLUSTER_ID: clusterId } = environment;
  if (clusterId) settings["odradek.cluster.id"] = clusterId;
  const { listeners, "advertised.listeners": advertised } = settings;
  if (listeners === "") delete settings["listeners"];
  if (!listeners && advertised) settings["listeners"] = onAllInterfaces(advertised);
  return settings;
}

/** The order of these steps is the image's, and decides what three underscores mean. */
function settingName(variable: string): string {
  return variable
    .slice(PREFIX.length)
    .toLowerCase()
    .replaceAll("_", ".")
    .replaceAll("...", "-")
    .replaceAll("..", "_");
}

function onAllInterfaces(listeners: string): string {
  return listeners.replace(/:\/\/(\[[^\]]*\]|[^:,]*):/g, "://0.0.0.0:");
}
