import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.serialization.StringSerializer;

/** describeConfigs and incrementalAlterConfigs of brokers and their loggers. */
final class BrokerConfigAdminChecks {
    private static final ConfigResource BROKER = new ConfigResource(ConfigResource.Type.BROKER, "1");
    private static final ConfigResource BROKERS = new ConfigResource(ConfigResource.Type.BROKER, "");
    private static final ConfigResource LOGGERS = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");
    private static final ConfigResource TOPIC = new ConfigResource(ConfigResource.Type.TOPIC, "configured");

    private static final List<String> LAYERS = List.of("log.retention.ms=8000000 DYNAMIC_BROKER_CONFIG",
        "log.retention.ms=7000000 DYNAMIC_DEFAULT_BROKER_CONFIG", "log.retention.hours=168 DEFAULT_CONFIG");

    private final Checks checks;
    private final Admin admin;

    BrokerConfigAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        described();
        layers();
        wrong();
        loggers();
    }

    private void described() {
        checks.add("describeConfigs: a broker's", () -> {
            Config config = ConfigAdminChecks.config(admin, BROKER, true);
            ConfigEntry id = config.get("node.id");
            Checks.same("1", id.value());
            Checks.is(id.isReadOnly() && !id.isSensitive(), "node.id is read-only");
            Checks.same(ConfigEntry.ConfigType.INT, id.type());
            Checks.same(ConfigSource.DEFAULT_CONFIG, config.get("log.retention.hours").source());
            Checks.is(!config.get("log.retention.ms").isReadOnly(), "log.retention.ms is dynamic");
            Checks.is(config.get("log.retention.ms").documentation().length() > 20, "documentation");
            ConfigEntry password = config.get("ssl.keystore.password");
            Checks.is(password.value() == null && password.isSensitive(), "passwords are not told");
            Checks.same(ConfigEntry.ConfigType.PASSWORD, password.type());
        });
        checks.add("describeConfigs: what all brokers have in common is what was set", () -> {
            Checks.same(null, entry(BROKERS, "log.retention.ms"));
            alter(BROKERS, ConfigAdminChecks.set("log.retention.ms", "7000000"));
            Checks.eventually(() -> "7000000".equals(valueOf(BROKERS, "log.retention.ms")));
            Checks.same(ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, entry(BROKERS, "log.retention.ms").source());
            Checks.same(null, entry(BROKERS, "log.retention.hours"));
        });
    }

    private void layers() {
        checks.add("incrementalAlterConfigs: one broker's before all brokers', before the default", () -> {
            Checks.eventually(() -> "7000000".equals(valueOf(BROKER, "log.retention.ms")));
            Checks.same(ConfigSource.DYNAMIC_DEFAULT_BROKER_CONFIG, entry(BROKER, "log.retention.ms").source());
            alter(BROKER, ConfigAdminChecks.set("log.retention.ms", "8000000"));
            Checks.eventually(() -> "8000000".equals(valueOf(BROKER, "log.retention.ms")));
            Checks.same(ConfigSource.DYNAMIC_BROKER_CONFIG, entry(BROKER, "log.retention.ms").source());
            Checks.same(LAYERS, ConfigAdminChecks.synonyms(entry(BROKER, "log.retention.ms")));
        });
        checks.add("incrementalAlterConfigs: a broker's take effect for its topics", () -> {
            var other = new ConfigResource(ConfigResource.Type.TOPIC, "by-default");
            Checks.eventually(() -> "8000000".equals(valueOf(other, "retention.ms")));
            Checks.same(LAYERS, ConfigAdminChecks.synonyms(entry(other, "retention.ms")));
            alter(BROKER, ConfigAdminChecks.op("log.retention.ms", "", OpType.DELETE));
            alter(BROKERS, ConfigAdminChecks.op("log.retention.ms", "", OpType.DELETE));
            Checks.eventually(() -> "604800000".equals(valueOf(other, "retention.ms")));
            try (var producer = new KafkaProducer<>(Map.of("bootstrap.servers", checks.bootstrap),
                    new StringSerializer(), new StringSerializer())) {
                alter(BROKERS, ConfigAdminChecks.set("message.max.bytes", "500"));
                Checks.eventually(() -> ConfigAdminChecks.isTooLarge(producer));
                alter(BROKERS, ConfigAdminChecks.op("message.max.bytes", "", OpType.DELETE));
                Checks.eventually(() -> !ConfigAdminChecks.isTooLarge(producer));
            }
            Checks.same("1048588", valueOf(TOPIC, "max.message.bytes"));
        });
    }

    private void wrong() {
        checks.add("incrementalAlterConfigs: a broker's that cannot be", () -> {
            Checks.fails(InvalidRequestException.class, altering(BROKER, ConfigAdminChecks.set("node.id", "7")));
            Checks.fails(InvalidRequestException.class,
                altering(BROKERS, ConfigAdminChecks.set("log.dirs", "/elsewhere")));
            Checks.fails(InvalidRequestException.class,
                altering(BROKER, ConfigAdminChecks.set("log.retention.ms", "soon")));
            Checks.fails(InvalidRequestException.class,
                altering(BROKER, ConfigAdminChecks.set("num.io.threads", "0")));
            Checks.fails(InvalidRequestException.class,
                altering(BROKER, ConfigAdminChecks.set("message.max.bytes", "-1")));
            Checks.fails(InvalidConfigurationException.class,
                altering(BROKER, ConfigAdminChecks.op("log.retention.ms", "1", OpType.APPEND)));
        });
    }

    private void loggers() {
        checks.add("incrementalAlterConfigs, describeConfigs: levels of the broker's loggers", () -> {
            Config before = ConfigAdminChecks.config(admin, LOGGERS, false);
            ConfigEntry root = before.get("root");
            Checks.same(ConfigSource.DYNAMIC_BROKER_LOGGER_CONFIG, root.source());
            Checks.is(!root.isReadOnly() && !root.isSensitive(), "flags");
            alter(LOGGERS, ConfigAdminChecks.set("root", "WARN"));
            Checks.same("WARN", valueOf(LOGGERS, "root"));
            String name = before.entries().stream().map(ConfigEntry::name)
                .filter(one -> !one.equals("root")).sorted().findFirst().orElseThrow();
            alter(LOGGERS, ConfigAdminChecks.set(name, "ERROR"));
            Checks.same("ERROR", valueOf(LOGGERS, name));
            alter(LOGGERS, ConfigAdminChecks.op(name, "", OpType.DELETE));
            Checks.same("WARN", valueOf(LOGGERS, name));
            alter(LOGGERS, ConfigAdminChecks.set("root", root.value()));
            Checks.same(root.value(), valueOf(LOGGERS, name));
        });
        checks.add("incrementalAlterConfigs: levels and loggers that cannot be", () -> {
            Checks.fails(InvalidConfigurationException.class,
                altering(LOGGERS, ConfigAdminChecks.set("root", "LOUD")));
            Checks.fails(InvalidConfigurationException.class,
                altering(LOGGERS, ConfigAdminChecks.set("no.such.logger", "INFO")));
            Checks.fails(InvalidRequestException.class,
                altering(LOGGERS, ConfigAdminChecks.op("root", "", OpType.DELETE)));
            Checks.fails(InvalidRequestException.class,
                altering(LOGGERS, ConfigAdminChecks.op("root", "INFO", OpType.APPEND)));
        });
    }

    private ConfigEntry entry(ConfigResource resource, String name) throws Exception {
        return ConfigAdminChecks.config(admin, resource, false).get(name);
    }

    private String valueOf(ConfigResource resource, String name) throws Exception {
        ConfigEntry found = entry(resource, name);
        return found == null ? null : found.value();
    }

    private Future<Void> altering(ConfigResource resource, AlterConfigOp... ops) {
        return admin.incrementalAlterConfigs(Map.of(resource, (Collection<AlterConfigOp>) List.of(ops))).all();
    }

    private void alter(ConfigResource resource, AlterConfigOp... ops) throws Exception {
        Checks.get(altering(resource, ops));
    }
}
