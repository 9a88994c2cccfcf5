import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.AlterConfigsOptions;
import org.apache.kafka.clients.admin.ClientMetricsResourceListing;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConfigEntry.ConfigSource;
import org.apache.kafka.clients.admin.DescribeConfigsOptions;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringSerializer;

/** describeConfigs, incrementalAlterConfigs and listConfigResources of topics, groups and client metrics. */
final class ConfigAdminChecks {
    private static final ConfigResource TOPIC = new ConfigResource(ConfigResource.Type.TOPIC, "configured");
    private static final ConfigResource NOWHERE = new ConfigResource(ConfigResource.Type.TOPIC, "nowhere");
    private static final ConfigResource GROUP = new ConfigResource(ConfigResource.Type.GROUP, "configured-group");
    private static final ConfigResource METRICS =
        new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "subscription");

    private final Checks checks;
    private final Admin admin;

    ConfigAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        topics();
        wrong();
        groups();
        metrics();
    }

    private void topics() {
        checks.add("describeConfigs: a topic's, with sources, synonyms and documentation", () -> {
            Checks.get(admin.createTopics(List.of(new NewTopic("configured", 1, (short) 1)
                .configs(Map.of("retention.ms", "60000")))).all());
            Checks.eventually(() -> Checks.get(admin.listTopics().names()).contains("configured"));
            Config config = config(admin, TOPIC, true);
            ConfigEntry own = config.get("retention.ms");
            Checks.same("60000", own.value());
            Checks.same(ConfigSource.DYNAMIC_TOPIC_CONFIG, own.source());
            Checks.same(ConfigEntry.ConfigType.LONG, own.type());
            Checks.is(own.documentation() != null && own.documentation().length() > 20, "documentation");
            Checks.same(List.of("retention.ms=60000 DYNAMIC_TOPIC_CONFIG"), synonyms(own));
            ConfigEntry preset = config.get("cleanup.policy");
            Checks.same(ConfigSource.DEFAULT_CONFIG, preset.source());
            Checks.same(ConfigEntry.ConfigType.LIST, preset.type());
            Checks.is(preset.isDefault() && !preset.isReadOnly() && !preset.isSensitive(), "flags");
            Checks.same(List.of("log.cleanup.policy=delete DEFAULT_CONFIG"), synonyms(preset));
        });
        checks.add("describeConfigs: without synonyms and documentation", () -> {
            Config config = Checks.get(admin.describeConfigs(List.of(TOPIC)).all()).get(TOPIC);
            Checks.same(List.of(), config.get("retention.ms").synonyms());
            Checks.same(null, config.get("retention.ms").documentation());
        });
        checks.add("describeConfigs: of a topic that is not there", () ->
            Checks.failsWordless(UnknownTopicOrPartitionException.class, admin.describeConfigs(List.of(NOWHERE)).all()));
        checks.add("incrementalAlterConfigs: a topic's: set, append, subtract, delete", () -> {
            alter(TOPIC, set("cleanup.policy", "compact"), set("max.message.bytes", "2000000"));
            Checks.eventually(() -> "compact".equals(valueOf(TOPIC, "cleanup.policy")));
            alter(TOPIC, op("cleanup.policy", "delete", OpType.APPEND));
            Checks.eventually(() -> "compact,delete".equals(valueOf(TOPIC, "cleanup.policy")));
            alter(TOPIC, op("cleanup.policy", "compact", OpType.SUBTRACT));
            Checks.eventually(() -> "delete".equals(valueOf(TOPIC, "cleanup.policy")));
            alter(TOPIC, op("max.message.bytes", "", OpType.DELETE));
            Checks.eventually(() -> "1048588".equals(valueOf(TOPIC, "max.message.bytes")));
            Checks.same("60000", valueOf(TOPIC, "retention.ms"));
        });
        checks.add("incrementalAlterConfigs: a topic's take effect", () -> {
            try (var producer = producer()) {
                alter(TOPIC, set("max.message.bytes", "500"));
                Checks.eventually(() -> isTooLarge(producer));
                alter(TOPIC, op("max.message.bytes", "", OpType.DELETE));
                Checks.eventually(() -> !isTooLarge(producer));
            }
        });
        checks.add("incrementalAlterConfigs: validateOnly changes nothing", () -> {
            Checks.get(admin.incrementalAlterConfigs(Map.of(TOPIC, List.of(set("retention.ms", "5"))),
                new AlterConfigsOptions().validateOnly(true)).all());
            Checks.same("60000", valueOf(TOPIC, "retention.ms"));
            Checks.fails(InvalidConfigurationException.class, admin.incrementalAlterConfigs(
                Map.of(TOPIC, List.of(set("retention.ms", "soon"))),
                new AlterConfigsOptions().validateOnly(true)).all());
        });
    }

    private void wrong() {
        checks.add("incrementalAlterConfigs: values and names that cannot be", () -> {
            Checks.fails(InvalidConfigurationException.class, altering(TOPIC, set("retention.ms", "soon")));
            Checks.fails(InvalidConfigurationException.class, altering(TOPIC, set("retention.ms", "-2")));
            Checks.fails(InvalidConfigurationException.class, altering(TOPIC, set("no.such.setting", "1")));
            Checks.fails(InvalidConfigurationException.class, altering(TOPIC, set("compression.type", "rar")));
            Checks.fails(InvalidConfigurationException.class,
                altering(TOPIC, op("retention.ms", "1", OpType.APPEND)));
            Checks.fails(InvalidRequestException.class, altering(TOPIC, set("retention.ms", null)));
            Checks.fails(InvalidRequestException.class,
                altering(TOPIC, set("retention.ms", "1"), set("retention.ms", "2")));
            Checks.fails(UnknownTopicOrPartitionException.class, altering(NOWHERE, set("retention.ms", "1")));
            Checks.same("60000", valueOf(TOPIC, "retention.ms"));
        });
        checks.add("incrementalAlterConfigs: one fails, and the other is changed", () -> {
            var values = admin.incrementalAlterConfigs(Map.of(
                NOWHERE, List.of(set("retention.ms", "1")),
                TOPIC, List.of(set("segment.bytes", "2000000")))).values();
            Checks.get(values.get(TOPIC));
            Checks.fails(UnknownTopicOrPartitionException.class, values.get(NOWHERE));
            Checks.eventually(() -> "2000000".equals(valueOf(TOPIC, "segment.bytes")));
        });
    }

    private void groups() {
        checks.add("incrementalAlterConfigs, describeConfigs: a group's", () -> {
            Checks.same(ConfigSource.DEFAULT_CONFIG,
                config(admin, GROUP, false).get("consumer.session.timeout.ms").source());
            alter(GROUP, set("consumer.session.timeout.ms", "50000"));
            Checks.eventually(() -> "50000".equals(valueOf(GROUP, "consumer.session.timeout.ms")));
            ConfigEntry own = config(admin, GROUP, true).get("consumer.session.timeout.ms");
            Checks.same(ConfigSource.DYNAMIC_GROUP_CONFIG, own.source());
            Checks.same(List.of("consumer.session.timeout.ms=50000 DYNAMIC_GROUP_CONFIG",
                "group.consumer.session.timeout.ms=45000 DEFAULT_CONFIG"), synonyms(own));
            Checks.is(own.documentation().length() > 20, "documentation");
        });
        checks.add("incrementalAlterConfigs: a group's that cannot be", () -> {
            Checks.fails(InvalidConfigurationException.class,
                altering(GROUP, set("consumer.session.timeout.ms", "1")));
            Checks.fails(InvalidConfigurationException.class,
                altering(GROUP, set("consumer.session.timeout.ms", "soon")));
            Checks.fails(InvalidConfigurationException.class, altering(GROUP, set("no.such", "1")));
            Checks.fails(InvalidRequestException.class, altering(
                new ConfigResource(ConfigResource.Type.GROUP, ""), set("consumer.session.timeout.ms", "50000")));
        });
    }

    private void metrics() {
        checks.add("incrementalAlterConfigs, describeConfigs: a subscription to clients' metrics", () -> {
            alter(METRICS, set("interval.ms", "10000"), set("metrics", "org.apache.kafka.none"),
                set("match", "client_id=app.*"));
            Checks.eventually(() -> "10000".equals(valueOf(METRICS, "interval.ms")));
            Config config = config(admin, METRICS, true);
            Checks.same(Set.of("interval.ms", "metrics", "match"), Set.copyOf(
                config.entries().stream().map(ConfigEntry::name).toList()));
            Checks.same(ConfigSource.DYNAMIC_CLIENT_METRICS_CONFIG, config.get("match").source());
            Checks.same("client_id=app.*", config.get("match").value());
        });
        checks.add("incrementalAlterConfigs: a subscription that cannot be", () -> {
            Checks.fails(InvalidRequestException.class, altering(METRICS, set("interval.ms", "1")));
            Checks.fails(InvalidConfigurationException.class, altering(METRICS, set("match", "nobody=1")));
            Checks.fails(InvalidConfigurationException.class, altering(METRICS, set("match", "client_id=(")));
            Checks.fails(InvalidRequestException.class, altering(METRICS, set("no.such", "1")));
        });
        checks.add("listConfigResources: of a kind, and of all", () -> {
            Checks.same(Set.of(GROUP), listed(Set.of(ConfigResource.Type.GROUP)));
            Checks.same(Set.of(METRICS), listed(Set.of(ConfigResource.Type.CLIENT_METRICS)));
            var broker = new ConfigResource(ConfigResource.Type.BROKER, "1");
            var logger = new ConfigResource(ConfigResource.Type.BROKER_LOGGER, "1");
            Checks.same(Set.of(broker), listed(Set.of(ConfigResource.Type.BROKER)));
            Checks.same(Set.of(logger), listed(Set.of(ConfigResource.Type.BROKER_LOGGER)));
            Collection<ConfigResource> all = Checks.get(admin.listConfigResources().all());
            Checks.is(all.containsAll(Set.of(TOPIC, broker, logger, GROUP, METRICS)), "all kinds: " + all);
        });
        checks.add("listClientMetricsResources", () -> {
            @SuppressWarnings({"deprecation", "removal"})
            var names = Checks.get(admin.listClientMetricsResources().all()).stream()
                .map(ClientMetricsResourceListing::name).toList();
            Checks.same(List.of("subscription"), names);
            alter(METRICS, op("interval.ms", "", OpType.DELETE), op("metrics", "", OpType.DELETE),
                op("match", "", OpType.DELETE));
            Checks.eventually(() -> listed(Set.of(ConfigResource.Type.CLIENT_METRICS)).isEmpty());
        });
    }

    private Set<ConfigResource> listed(Set<ConfigResource.Type> types) throws Exception {
        return Set.copyOf(Checks.get(admin.listConfigResources(types, new ListConfigResourcesOptions()).all()));
    }

    private KafkaProducer<String, String> producer() {
        return new KafkaProducer<>(Map.of("bootstrap.servers", checks.bootstrap),
            new StringSerializer(), new StringSerializer());
    }

    static boolean isTooLarge(KafkaProducer<String, String> producer) throws Exception {
        try {
            producer.send(new ProducerRecord<>("configured", "k", "v".repeat(1000))).get();
            return false;
        } catch (ExecutionException error) {
            if (error.getCause() instanceof RecordTooLargeException) return true;
            throw error;
        }
    }

    static List<String> synonyms(ConfigEntry entry) {
        return entry.synonyms().stream()
            .map(one -> one.name() + "=" + one.value() + " " + one.source()).toList();
    }

    static Config config(Admin admin, ConfigResource resource, boolean documented) throws Exception {
        var options = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(documented);
        return Checks.get(admin.describeConfigs(List.of(resource), options).all()).get(resource);
    }

    static AlterConfigOp set(String name, String value) {
        return op(name, value, OpType.SET);
    }

    static AlterConfigOp op(String name, String value, OpType type) {
        return new AlterConfigOp(new ConfigEntry(name, value), type);
    }

    private String valueOf(ConfigResource resource, String name) throws Exception {
        ConfigEntry found = config(admin, resource, false).get(name);
        return found == null ? null : found.value();
    }

    private Future<Void> altering(ConfigResource resource, AlterConfigOp... ops) {
        return admin.incrementalAlterConfigs(Map.of(resource, (Collection<AlterConfigOp>) List.of(ops))).all();
    }

    private void alter(ConfigResource resource, AlterConfigOp... ops) throws Exception {
        Checks.get(altering(resource, ops));
    }
}
