import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.ConsumerGroupState;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.quota.*;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.BytesDeserializer;
import org.apache.kafka.common.utils.Bytes;

/**
 * What Kafbat UI 1.5 asks of a cluster when it connects, when it scrapes, and on each page, with its
 * options and its tolerance: a page fails here where it fails, or marks the cluster offline, there.
 * Arguments: bootstrap, timestamp of the first record of topic orders, groups.
 */
public final class Kafbat {
    /** The newest metadata.version that Kafbat UI 1.5 has a name for; with others it knows no version. */
    private static final short NEWEST_NAMED_METADATA_VERSION = 30;
    private static final int LIMIT = 100;
    private static final Duration POLL = Duration.ofSeconds(1);

    private static String bootstrap;
    private static long since;
    private static List<String> groups;
    private static Admin admin;
    private static ClusterFacts facts;

    /** What the tool learns once when it connects. */
    private record ClusterFacts(String version, boolean versionKnown, boolean topicDeletion, boolean acls) {}

    private record Cluster(Node controller, String id, Collection<Node> nodes, Set<AclOperation> allowed) {}

    public static void main(String[] args) {
        bootstrap = args[0];
        since = Long.parseLong(args[1]);
        groups = List.of(args[2].split(","));
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("request.timeout.ms", 30_000);
        config.put("client.id", "kafbat-ui-admin-" + Instant.now().getEpochSecond() + "-1");
        admin = Admin.create(config);
        Pages pages = new Pages();
        pages.play("connect: the version, the features, and whether there are ACLs", Kafbat::connect);
        if (facts == null) facts = new ClusterFacts("Unknown", false, true, false);
        pages.play("scrape: the cluster is online", () -> scrape(false));
        pages.play("scrape with a version that it has a name for", () -> scrape(true));
        clusterPages(pages);
        topicPages(pages);
        messagePages(pages);
        groupPages(pages);
        pages.play("topics: delete one, which is gone", Kafbat::deleteTopic);
        pages.end();
    }

    private static void connect() throws Exception {
        Cluster cluster = describeCluster(false);
        int target = cluster.controller != null ? cluster.controller.id() : cluster.nodes.iterator().next().id();
        Map<String, String> settings = new HashMap<>();
        brokerConfig(target).forEach(entry -> settings.put(entry.name(), entry.value()));
        FeatureMetadata features = admin.describeFeatures().featureMetadata().get();
        String version = settings.keySet().stream()
            .filter(name -> name.contains("inter.broker.protocol.version"))
            .map(settings::get)
            .findFirst()
            .orElse(null);
        FinalizedVersionRange metadata = features.finalizedFeatures().get("metadata.version");
        Pages.check(version != null || metadata != null, "nothing tells the version of the cluster");
        if (version == null && metadata.maxVersionLevel() <= NEWEST_NAMED_METADATA_VERSION) {
            version = "level " + metadata.maxVersionLevel();
        }
        boolean acls;
        try {
            admin.describeAcls(AclBindingFilter.ANY).values().get();
            acls = true;
        } catch (ExecutionException error) {
            acls = false; // whatever it is; that there is no authorizer is expected
        }
        boolean deletion = Boolean.parseBoolean(settings.getOrDefault("delete.topic.enable", "true"));
        facts = new ClusterFacts(version == null ? "Unknown" : version, version != null, deletion, acls);
        Pages.check(deletion, "topics cannot be deleted");
        Pages.check(!acls, "ACLs without an authorizer");
    }

    private static Cluster describeCluster(boolean versionKnown) throws Exception {
        var options = new DescribeClusterOptions().includeAuthorizedOperations(versionKnown);
        DescribeClusterResult result = admin.describeCluster(options);
        return new Cluster(
            result.controller().get(),
            result.clusterId().get(),
            result.nodes().get(),
            result.authorizedOperations().get());
    }

    private static List<ConfigEntry> brokerConfig(int broker) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(broker));
        // The tool takes any error for "no configs", and then shows an empty page.
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        Pages.check(config.entries().size() > 100, "the broker has " + config.entries().size() + " configs");
        return new ArrayList<>(config.entries());
    }

    /** Every 30 seconds: anything that fails here, but for what is tolerated, marks the cluster offline. */
    private static void scrape(boolean versionKnown) throws Exception {
        Cluster cluster = describeCluster(versionKnown);
        Pages.check(!versionKnown || cluster.allowed.contains(AclOperation.ALTER), "all is allowed: " + cluster.allowed);
        Pages.check(cluster.controller != null && cluster.id != null, "controller " + cluster.controller);

        List<Integer> brokers = cluster.nodes.stream().map(Node::id).toList();
        Map<Integer, Map<String, LogDirDescription>> logDirs = admin.describeLogDirs(brokers).allDescriptions().get();
        List<String> groupIds = listGroups().stream().map(ConsumerGroupListing::groupId).toList();
        Map<String, TopicDescription> topics = describeTopics(topicNames());
        Map<String, List<ConfigEntry>> configs = topicsConfig(topicNames(), false);

        Map<TopicPartition, Long> ends = offsets(topics.values(), OffsetSpec.latest());
        Map<TopicPartition, Long> starts = offsets(topics.values(), OffsetSpec.earliest());
        Map<String, ConsumerGroupDescription> described = admin.describeConsumerGroups(groupIds).all().get();
        Map<String, Map<TopicPartition, Long>> committed = committed(groupIds, null);
        quorum();

        Pages.same(configs.keySet(), topics.keySet(), "topics with configs");
        Pages.same(described.keySet(), new HashSet<>(groupIds), "groups described");
        Pages.check(groupIds.containsAll(groups), groups + " in " + groupIds);
        Pages.same(committed.get("reports").get(new TopicPartition("orders", 2)), 10L, "offset of reports");
        for (int partition = 0; partition < 3; partition++) {
            TopicPartition of = new TopicPartition("orders", partition);
            Pages.same(List.of(starts.get(of), ends.get(of)), List.of(0L, 100L), "start and end of " + of);
            Pages.check(sizeOf(logDirs, of) > 0, "size of " + of);
        }
        Pages.check(topics.get("__consumer_offsets").isInternal(), "__consumer_offsets is internal");
    }

    private static long sizeOf(Map<Integer, Map<String, LogDirDescription>> logDirs, TopicPartition partition) {
        return logDirs.values().stream()
            .flatMap(dirs -> dirs.values().stream())
            .peek(dir -> Pages.check(dir.error() == null, dir.error()))
            .map(dir -> dir.replicaInfos().get(partition))
            .filter(info -> info != null)
            .mapToLong(info -> info.size())
            .sum();
    }

    private static void quorum() throws Exception {
        try {
            QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();
            Pages.check(quorum.leaderId() >= 0 && quorum.highWatermark() >= 0, quorum);
            Stream.concat(quorum.voters().stream(), quorum.observers().stream()).forEach(state -> {
                Pages.check(state.replicaDirectoryId().toString() != null, state);
                Pages.check(state.lastFetchTimestamp().isPresent() || state.lastFetchTimestamp().isEmpty(), state);
            });
            quorum.nodes().values().forEach(node -> Pages.check(node != null, quorum));
            Pages.same(quorum.voters().size(), 1, "voters");
        } catch (ExecutionException error) {
            boolean tolerated = error.getCause() instanceof UnsupportedVersionException
                || error.getCause() instanceof ClusterAuthorizationException;
            if (!tolerated) throw error;
        }
    }

    private static void clusterPages(Pages pages) {
        pages.play("brokers: list them, with their log directories", () -> {
            Cluster cluster = describeCluster(facts.versionKnown);
            for (Node node : cluster.nodes) {
                var dirs = admin.describeLogDirs(List.of(node.id())).allDescriptions().get().get(node.id());
                Pages.check(!dirs.isEmpty(), "broker " + node + " has no log directory");
            }
        });
        pages.play("brokers: a replica is not moved to a directory that is none", Kafbat::moveReplica);
        pages.play("brokers: configs, and one changed", Kafbat::changeBrokerConfig);
        pages.play("quotas: list, create, change, remove", Kafbat::quotas);
    }

    private static void moveReplica() {
        var unknown = new TopicPartitionReplica("orders", 0, 1);
        Pages.fails(
            LogDirNotFoundException.class,
            () -> admin.alterReplicaLogDirs(Map.of(unknown, "/nowhere/at/all")).all().get());
    }

    private static void changeBrokerConfig() throws Exception {
        setBrokerConfig("log.cleaner.backoff.ms", "15001");
        Pages.soon(() -> {
            ConfigEntry changed = byName(brokerConfig(1), "log.cleaner.backoff.ms");
            Pages.same(changed.value(), "15001", "log.cleaner.backoff.ms");
            Pages.same(changed.source(), ConfigEntry.ConfigSource.DYNAMIC_BROKER_CONFIG, "its source");
        });
        // The tool shows these as the user's mistake, any other as its own failure.
        Pages.fails(InvalidRequestException.class, () -> setBrokerConfig("process.roles", "broker"));
    }

    private static void setBrokerConfig(String name, String value) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.BROKER, "1");
        var set = new AlterConfigOp(new ConfigEntry(name, value), OpType.SET);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
    }

    private static void quotas() throws Exception {
        Map<String, String> id = new HashMap<>();
        id.put(ClientQuotaEntity.USER, "kafbat");
        id.put(ClientQuotaEntity.CLIENT_ID, "client");
        var entity = new ClientQuotaEntity(id);
        Map<String, Double> created = Map.of("producer_byte_rate", 1_000_000.0, "request_percentage", 50.0);
        putQuotas(entity, created);
        Pages.soon(() -> Pages.same(findQuotas(entity), created, "quotas created"));
        Pages.same(admin.describeClientQuotas(ClientQuotaFilter.all()).entities().get().get(entity), created, "all");
        putQuotas(entity, Map.of("consumer_byte_rate", 2_000_000.0));
        Pages.soon(() -> Pages.same(findQuotas(entity), Map.of("consumer_byte_rate", 2_000_000.0), "quotas changed"));
        putQuotas(entity, Map.of());
        Pages.soon(() -> Pages.same(findQuotas(entity), Map.of(), "quotas removed"));
        var ip = new ClientQuotaEntity(Map.of(ClientQuotaEntity.IP, "127.0.0.9"));
        putQuotas(ip, Map.of("connection_creation_rate", 10.0));
        Pages.soon(() -> Pages.same(findQuotas(ip), Map.of("connection_creation_rate", 10.0), "quotas of an address"));
        putQuotas(ip, Map.of());
    }

    private static Map<String, Double> findQuotas(ClientQuotaEntity entity) throws Exception {
        List<ClientQuotaFilterComponent> components = new ArrayList<>();
        entity.entries().forEach((type, name) -> components.add(ClientQuotaFilterComponent.ofEntity(type, name)));
        var found = admin.describeClientQuotas(ClientQuotaFilter.contains(components)).entities().get();
        return Optional.ofNullable(found.get(entity)).orElse(Map.of());
    }

    private static void putQuotas(ClientQuotaEntity entity, Map<String, Double> quotas) throws Exception {
        List<ClientQuotaAlteration.Op> changes = new ArrayList<>();
        for (String name : findQuotas(entity).keySet()) {
            if (!quotas.containsKey(name)) changes.add(new ClientQuotaAlteration.Op(name, null));
        }
        quotas.forEach((name, value) -> changes.add(new ClientQuotaAlteration.Op(name, value)));
        admin.alterClientQuotas(List.of(new ClientQuotaAlteration(entity, changes))).all().get();
    }

    private static void topicPages(Pages pages) {
        pages.play("topics: list a page of them", () -> {
            List<String> page = topicNames().stream().sorted().limit(25).toList();
            Pages.same(loadTopics(page).keySet(), new HashSet<>(page), "topics loaded");
        });
        pages.play("topic: overview and settings, with their documentation", () -> {
            Pages.same(loadTopics(List.of("orders")).size(), 1, "topics loaded");
            List<ConfigEntry> settings = topicsConfig(List.of("orders"), true).get("orders");
            ConfigEntry retention = byName(settings, "retention.ms");
            Pages.same(retention.value(), "172800000", "retention.ms");
            Pages.same(retention.source(), ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, "its source");
            Pages.check(!retention.synonyms().isEmpty(), "retention.ms has no synonyms");
            Pages.check(settings.stream().allMatch(e -> e.documentation() != null), "settings without documentation");
        });
        pages.play("topic: one that is not there is not shown", () -> {
            Pages.same(describeTopics(Set.of("kafbat-nothing")), Map.of(), "description");
            Pages.same(topicsConfig(Set.of("kafbat-nothing"), false), Map.of(), "configs");
        });
        pages.play("topics: create one, which is there", Kafbat::createTopic);
        pages.play("topic: settings changed, the version unknown", () -> changeTopic(false));
        pages.play("topic: settings changed, the version known", () -> changeTopic(true));
        pages.play("topic: partitions added", Kafbat::addPartitions);
        pages.play("topic: replicas assigned anew", () -> {
            var same = Optional.of(new NewPartitionReassignment(List.of(1)));
            admin.alterPartitionReassignments(Map.of(new TopicPartition("kafbat-topic", 0), same)).all().get();
            loadTopics(List.of("kafbat-topic"));
        });
        pages.play("topic: recreated", Kafbat::recreateTopic);
    }

    private static Map<String, TopicDescription> loadTopics(Collection<String> names) throws Exception {
        Map<String, TopicDescription> described = describeTopics(names);
        topicsConfig(names, false);
        Map<TopicPartition, Long> starts = offsets(described.values(), OffsetSpec.earliest());
        Map<TopicPartition, Long> ends = offsets(described.values(), OffsetSpec.latest());
        Pages.same(starts.keySet(), ends.keySet(), "partitions with a start");
        return described;
    }

    /** Tries ten times, half a second apart: a new topic may not be visible at once. */
    private static TopicDescription loadCreated(String name) throws Exception {
        for (int attempt = 0; attempt < 10; attempt++) {
            TopicDescription found = loadTopics(List.of(name)).get(name);
            if (found != null) return found;
            Thread.sleep(500);
        }
        throw new AssertionError(name + " was created and is not there");
    }

    private static void createTopic() throws Exception {
        Map<String, String> configs = Map.of("cleanup.policy", "delete", "max.message.bytes", "500000");
        createTopic("kafbat-topic", 2, Optional.empty(), configs);
        TopicDescription created = loadCreated("kafbat-topic");
        Pages.same(created.partitions().size(), 2, "partitions");
        Pages.same(created.partitions().get(0).replicas().size(), 1, "replicas");
        Pages.fails(TopicExistsException.class, () -> createTopic("kafbat-topic", 2, Optional.empty(), Map.of()));
        Pages.fails(InvalidTopicException.class, () -> createTopic("not/a name", 1, Optional.empty(), Map.of()));
        Pages.fails(
            InvalidReplicationFactorException.class,
            () -> createTopic("kafbat-three", 1, Optional.of((short) 3), Map.of()));
    }

    private static void createTopic(
            String name, int partitions, Optional<Short> replicas, Map<String, String> configs) throws Exception {
        admin.createTopics(List.of(new NewTopic(name, Optional.of(partitions), replicas).configs(configs))).all().get();
    }

    @SuppressWarnings("deprecation")
    private static void changeTopic(boolean versionKnown) throws Exception {
        var resource = new ConfigResource(ConfigResource.Type.TOPIC, "kafbat-topic");
        Map<String, String> wanted = Map.of("retention.ms", versionKnown ? "1000000" : "2000000");
        if (versionKnown) {
            List<AlterConfigOp> changes = new ArrayList<>();
            for (ConfigEntry current : topicsConfig(List.of("kafbat-topic"), false).get("kafbat-topic")) {
                boolean ours = current.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG;
                if (ours && !wanted.containsKey(current.name())) changes.add(new AlterConfigOp(current, OpType.DELETE));
            }
            wanted.forEach((name, value) -> changes.add(new AlterConfigOp(new ConfigEntry(name, value), OpType.SET)));
            admin.incrementalAlterConfigs(Map.of(resource, changes)).all().get();
        } else {
            var entries = wanted.entrySet().stream().map(e -> new ConfigEntry(e.getKey(), e.getValue())).toList();
            admin.alterConfigs(Map.of(resource, new Config(entries))).all().get();
        }
        loadTopics(List.of("kafbat-topic"));
        Pages.soon(() -> Pages.same(ownSettings("kafbat-topic"), wanted, "settings of the topic"));
    }

    private static Map<String, String> ownSettings(String topic) throws Exception {
        Map<String, String> own = new HashMap<>();
        for (ConfigEntry entry : topicsConfig(List.of(topic), false).get(topic)) {
            if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) own.put(entry.name(), entry.value());
        }
        return own;
    }

    private static void addPartitions() throws Exception {
        admin.createPartitions(Map.of("kafbat-topic", NewPartitions.increaseTo(4))).all().get();
        Pages.soon(() -> Pages.same(loadCreated("kafbat-topic").partitions().size(), 4, "partitions"));
        Pages.fails(
            InvalidPartitionsException.class,
            () -> admin.createPartitions(Map.of("kafbat-topic", NewPartitions.increaseTo(3))).all().get());
    }

    /** Deletes it, waits a second, and makes it again until the old one is out of the way. */
    private static void recreateTopic() throws Exception {
        Map<String, String> configs = new HashMap<>();
        topicsConfig(List.of("kafbat-topic"), false).get("kafbat-topic")
            .forEach(entry -> configs.put(entry.name(), entry.value()));
        admin.deleteTopics(List.of("kafbat-topic")).all().get();
        for (int attempt = 0; ; attempt++) {
            Thread.sleep(1000);
            try {
                createTopic("kafbat-topic", 4, Optional.of((short) 1), configs);
                break;
            } catch (ExecutionException error) {
                if (!(error.getCause() instanceof TopicExistsException) || attempt == 15) throw error;
            }
        }
        Pages.same(loadCreated("kafbat-topic").partitions().size(), 4, "partitions");
    }

    private static void deleteTopic() throws Exception {
        admin.deleteTopics(List.of("kafbat-topic")).all().get();
        Pages.fails(
            UnknownTopicOrPartitionException.class,
            () -> admin.deleteTopics(List.of("kafbat-nothing")).all().get());
        Pages.soon(() -> Pages.check(!topicNames().contains("kafbat-topic"), "kafbat-topic is still there"));
    }

    private static void messagePages(Pages pages) {
        pages.play("messages: the newest, and back page by page", () -> {
            List<Long> read = read("orders", Mode.LATEST, 0);
            Pages.same(read.size(), 300, "records");
        });
        pages.play("messages: the oldest, and on", () -> Pages.same(read("orders", Mode.EARLIEST, 0).size(), 300, "records"));
        pages.play("messages: from an offset and up to one", () -> {
            Pages.same(read("orders", Mode.FROM_OFFSET, 90).size(), 30, "records from");
            Pages.same(read("orders", Mode.TO_OFFSET, 90).size(), 270, "records up to");
        });
        pages.play("messages: from a time and up to one", () -> {
            Pages.same(read("orders", Mode.FROM_TIMESTAMP, since + 95_000).size(), 15, "records from");
            Pages.same(read("orders", Mode.TO_TIMESTAMP, since + 95_000).size(), 285, "records up to");
            Pages.same(read("orders", Mode.FROM_TIMESTAMP, since + 9_000_000).size(), 0, "records from then");
        });
        pages.play("messages: of an empty topic", () -> Pages.same(read("empty", Mode.LATEST, 0).size(), 0, "records"));
        pages.play("messages: produce some, with headers and a tombstone", () -> {
            Pages.same(produce(3, "key", "value").partition(), 3, "partition");
            Pages.same(produce(3, "key", null).offset(), 1L, "offset");
            produce(null, null, "without a key");
            List<Long> read = read("kafbat-topic", Mode.EARLIEST, 0);
            Pages.same(read.size(), 3, "records");
        });
        pages.play("messages: live, as they come", Kafbat::tail);
        pages.play("messages: active producers", () -> {
            int partitions = describeTopics(List.of("kafbat-topic")).get("kafbat-topic").partitions().size();
            var all = IntStream.range(0, partitions).mapToObj(p -> new TopicPartition("kafbat-topic", p)).toList();
            var active = admin.describeProducers(all).all().get().values();
            Pages.check(active.stream().anyMatch(state -> !state.activeProducers().isEmpty()), "no active producer");
        });
        pages.play("messages: cleared", Kafbat::clearMessages);
    }

    private enum Mode { LATEST, EARLIEST, FROM_OFFSET, TO_OFFSET, FROM_TIMESTAMP, TO_TIMESTAMP }

    private static KafkaConsumer<Bytes, Bytes> consumer(Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>(more);
        config.put("client.id", "kafbat-ui-consumer-" + System.currentTimeMillis());
        config.put("bootstrap.servers", bootstrap);
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", "false");
        config.put("allow.auto.create.topics", "false");
        return new KafkaConsumer<>(config, new BytesDeserializer(), new BytesDeserializer());
    }

    /** All pages of one way to look at messages, until there is no further one: the offsets that were read. */
    private static List<Long> read(String topic, Mode mode, long position) throws Exception {
        Pages.check(describeTopics(List.of(topic)).containsKey(topic), topic + " is not there");
        try (KafkaConsumer<Bytes, Bytes> consumer = consumer(Map.of("max.poll.records", LIMIT))) {
            List<TopicPartition> all =
                consumer.partitionsFor(topic).stream().map(p -> new TopicPartition(topic, p.partition())).toList();
            Map<TopicPartition, Long> starts = startsForPolling(consumer, all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            Set<TopicPartition> filled =
                all.stream().filter(p -> ends.get(p) > starts.get(p)).collect(Collectors.toSet());
            boolean backward = mode == Mode.LATEST || mode == Mode.TO_OFFSET || mode == Mode.TO_TIMESTAMP;
            Map<TopicPartition, Long> from = switch (mode) {
                case LATEST -> consumer.endOffsets(filled);
                case EARLIEST -> consumer.beginningOffsets(filled);
                case FROM_OFFSET, TO_OFFSET -> filled.stream().collect(
                    Collectors.toMap(p -> p, p -> Math.max(starts.get(p), Math.min(ends.get(p), position))));
                case FROM_TIMESTAMP, TO_TIMESTAMP -> atTime(consumer, filled, ends, position, backward);
            };
            List<Long> read = new ArrayList<>();
            Map<TopicPartition, Long> next = from;
            for (;;) {
                TreeMap<Integer, long[]> ranges = ranges(next, backward ? starts : ends, backward);
                if (ranges.isEmpty()) return read;
                read.addAll(poll(consumer, topic, ranges));
                next = new HashMap<>();
                for (var range : ranges.entrySet()) {
                    next.put(new TopicPartition(topic, range.getKey()), range.getValue()[backward ? 0 : 1]);
                }
            }
        }
    }

    /** Asks for the first offset at or after the epoch, and only where one has none for the beginning. */
    private static Map<TopicPartition, Long> startsForPolling(
            KafkaConsumer<Bytes, Bytes> consumer, List<TopicPartition> partitions) {
        var found = consumer.offsetsForTimes(partitions.stream().collect(Collectors.toMap(p -> p, p -> 0L)));
        if (found.values().stream().anyMatch(value -> value == null)) return consumer.beginningOffsets(partitions);
        return found.entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, e -> e.getValue().offset()));
    }

    private static Map<TopicPartition, Long> atTime(
            KafkaConsumer<Bytes, Bytes> consumer, Set<TopicPartition> partitions, Map<TopicPartition, Long> ends,
            long timestamp, boolean backward) {
        Map<TopicPartition, Long> result = new HashMap<>();
        consumer.offsetsForTimes(partitions.stream().collect(Collectors.toMap(p -> p, p -> timestamp)))
            .forEach((partition, found) -> {
                if (found != null) result.put(partition, found.offset());
                else if (backward) result.put(partition, ends.get(partition));
            });
        return result;
    }

    /** By partition: from which offset, and up to which, to read for one page. */
    private static TreeMap<Integer, long[]> ranges(
            Map<TopicPartition, Long> at, Map<TopicPartition, Long> bounds, boolean backward) {
        int each = Math.max(1, (int) Math.ceil((double) LIMIT / Math.max(1, at.size())));
        TreeMap<Integer, long[]> ranges = new TreeMap<>();
        at.forEach((partition, offset) -> {
            long bound = bounds.get(partition);
            if (backward && offset > bound) {
                ranges.put(partition.partition(), new long[] {Math.max(bound, offset - each), offset});
            } else if (!backward && offset < bound) {
                ranges.put(partition.partition(), new long[] {offset, Math.min(bound, offset + each)});
            }
        });
        return ranges;
    }

    /** Polls all ranges at once, and pauses each partition that has reached the end of its range. */
    private static List<Long> poll(
            KafkaConsumer<Bytes, Bytes> consumer, String topic, TreeMap<Integer, long[]> ranges) {
        consumer.assign(ranges.keySet().stream().map(p -> new TopicPartition(topic, p)).toList());
        ranges.forEach((partition, range) -> consumer.seek(new TopicPartition(topic, partition), range[0]));
        List<Long> read = new ArrayList<>();
        Set<TopicPartition> paused = new HashSet<>();
        long overdue = System.currentTimeMillis() + 20_000;
        while (paused.size() < ranges.size()) {
            Pages.check(System.currentTimeMillis() < overdue, "not read to the end: " + consumer.assignment());
            var polled = consumer.poll(POLL);
            ranges.forEach((id, range) -> {
                TopicPartition partition = new TopicPartition(topic, id);
                for (ConsumerRecord<Bytes, Bytes> record : polled.records(partition)) {
                    if (record.offset() < range[1]) read.add(record.offset());
                }
                if (!paused.contains(partition) && consumer.position(partition) >= range[1]) {
                    paused.add(partition);
                    consumer.pause(List.of(partition));
                }
            });
        }
        consumer.resume(paused);
        return read;
    }

    private static RecordMetadata produce(Integer partition, String key, String value) throws Exception {
        Pages.check(describeTopics(List.of("kafbat-topic")).size() == 1, "kafbat-topic is not there");
        Properties config = new Properties();
        config.put("bootstrap.servers", bootstrap);
        config.put("key.serializer", ByteArraySerializer.class);
        config.put("value.serializer", ByteArraySerializer.class);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(config)) {
            var headers = new RecordHeaders().add("header", "of kafbat".getBytes(StandardCharsets.UTF_8));
            var record = new ProducerRecord<>("kafbat-topic", partition, bytes(key), bytes(value), headers);
            return producer.send(record).get();
        }
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static void tail() throws Exception {
        try (KafkaConsumer<Bytes, Bytes> consumer = consumer(Map.of())) {
            List<TopicPartition> all = consumer.partitionsFor("kafbat-topic").stream()
                .map(p -> new TopicPartition("kafbat-topic", p.partition()))
                .toList();
            startsForPolling(consumer, all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            consumer.assign(ends.keySet());
            ends.forEach(consumer::seek);
            Pages.check(consumer.poll(Duration.ofMillis(200)).isEmpty(), "records before any was sent");
            produce(1, "live", "live");
            long overdue = System.currentTimeMillis() + 20_000;
            for (;;) {
                var polled = consumer.poll(POLL);
                if (polled.count() == 1) return;
                Pages.check(System.currentTimeMillis() < overdue, "the record does not come");
            }
        }
    }

    private static void clearMessages() throws Exception {
        Map<TopicPartition, Long> starts = topicOffsets("kafbat-topic", OffsetSpec.earliest());
        Map<TopicPartition, RecordsToDelete> cleared = new HashMap<>();
        topicOffsets("kafbat-topic", OffsetSpec.latest()).forEach((partition, end) -> {
            if (!end.equals(starts.get(partition))) cleared.put(partition, RecordsToDelete.beforeOffset(end));
        });
        Pages.check(!cleared.isEmpty(), "nothing to clear");
        admin.deleteRecords(cleared).all().get();
        Pages.same(
            topicOffsets("kafbat-topic", OffsetSpec.earliest()),
            topicOffsets("kafbat-topic", OffsetSpec.latest()),
            "offsets after that");
        var beyond = Map.of(new TopicPartition("kafbat-topic", 0), RecordsToDelete.beforeOffset(1_000_000));
        Pages.fails(OffsetOutOfRangeException.class, () -> admin.deleteRecords(beyond).all().get());
    }

    private static void groupPages(Pages pages) {
        pages.play("consumers: list them with state, members and lag", () -> {
            Map<String, ConsumerGroupState> states = new HashMap<>();
            for (ConsumerGroupListing listing : listGroups()) {
                states.put(listing.groupId(), listing.state().orElse(ConsumerGroupState.UNKNOWN));
            }
            Pages.same(states.get("billing"), ConsumerGroupState.STABLE, "state of billing");
            Pages.same(states.get("reports"), ConsumerGroupState.EMPTY, "state of reports");
            for (String group : groups) showGroup(group);
        });
        pages.play("topic: its consumers", () -> {
            Map<TopicPartition, Long> ends = topicOffsets("orders", OffsetSpec.latest());
            List<String> names = listGroups().stream().map(ConsumerGroupListing::groupId).toList();
            admin.describeConsumerGroups(names).all().get();
            var committed = committed(names, new ArrayList<>(ends.keySet()));
            Pages.same(committed.get("billing").size(), 3, "offsets of billing");
        });
        pages.play("consumer: offsets reset to the start, the end, an offset, a time", Kafbat::resetOffsets);
        pages.play("consumer: offsets of a group at work are not reset", () -> {
            Pages.check(!mayReset("billing"), "billing may be reset");
            Pages.check(mayReset("reports"), "reports may not be reset");
        });
        pages.play("consumer: offsets of one topic deleted, then the group", Kafbat::deleteGroup);
    }

    private static void showGroup(String group) throws Exception {
        ConsumerGroupDescription described = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        Map<TopicPartition, Long> offsets = committed(List.of(group), null).get(group);
        Map<String, TopicDescription> topics =
            describeTopics(offsets.keySet().stream().map(TopicPartition::topic).collect(Collectors.toSet()));
        Map<TopicPartition, Long> ends = offsets(topics.values(), OffsetSpec.latest());
        long lag = offsets.entrySet().stream().mapToLong(e -> ends.get(e.getKey()) - e.getValue()).sum();
        Pages.check(described.coordinator() != null, "no coordinator");
        if (group.equals("reports")) {
            Pages.same(lag, 270L, "lag of reports");
            Pages.same(described.members().size(), 0, "members of reports");
        } else {
            Pages.same(lag, 0L, "lag of " + group);
            MemberDescription member = described.members().iterator().next();
            Pages.same(member.assignment().topicPartitions().size(), 3, "partitions of the member of " + group);
            Pages.check(member.host().contains("127.0.0.1"), "host " + member.host());
            Pages.same(described.state(), ConsumerGroupState.STABLE, "state of " + group);
        }
    }

    private static boolean mayReset(String group) throws Exception {
        Pages.check(listGroups().stream().anyMatch(listing -> listing.groupId().equals(group)), "no group " + group);
        var state = admin.describeConsumerGroups(List.of(group)).all().get().get(group).state();
        return state == ConsumerGroupState.DEAD || state == ConsumerGroupState.EMPTY;
    }

    private static void resetOffsets() throws Exception {
        var partitions = Set.of(new TopicPartition("orders", 0), new TopicPartition("orders", 1));
        commit("kafbat-group", partitions.stream().collect(Collectors.toMap(p -> p, p -> 5L)));
        Pages.check(mayReset("kafbat-group"), "kafbat-group may not be reset");
        commit("kafbat-group", topicOffsets("orders", OffsetSpec.earliest()));
        Pages.same(Set.copyOf(committed(List.of("kafbat-group"), null).get("kafbat-group").values()), Set.of(0L), "start");
        commit("kafbat-group", topicOffsets("orders", OffsetSpec.latest()));
        Pages.same(Set.copyOf(committed(List.of("kafbat-group"), null).get("kafbat-group").values()), Set.of(100L), "end");
        var timed = offsetsOf(partitions, OffsetSpec.forTimestamp(since + 40_000));
        commit("kafbat-group", timed);
        Pages.same(Set.copyOf(timed.values()), Set.of(40L), "offsets at the time");
        // After the last record there is none; the tool then takes the end.
        Pages.same(offsetsOf(partitions, OffsetSpec.forTimestamp(since + 9_000_000)), Map.of(), "offsets after all");
    }

    private static void commit(String group, Map<TopicPartition, Long> offsets) throws Exception {
        Map<TopicPartition, OffsetAndMetadata> commits = new HashMap<>();
        offsets.forEach((partition, offset) -> commits.put(partition, new OffsetAndMetadata(offset)));
        admin.alterConsumerGroupOffsets(group, commits).all().get();
    }

    private static void deleteGroup() throws Exception {
        var orders = committed(List.of("kafbat-group"), null).get("kafbat-group").keySet();
        admin.deleteConsumerGroupOffsets("kafbat-group", orders).all().get();
        commit("kafbat-group", Map.of(new TopicPartition("profiles", 0), 1L));
        admin.deleteConsumerGroups(List.of("kafbat-group")).all().get();
        Pages.check(listGroups().stream().noneMatch(g -> g.groupId().equals("kafbat-group")), "kafbat-group is there");
        var billing = committed(List.of("billing"), null).get("billing").keySet();
        // The tool tells these three apart; anything else is an internal error of its own.
        Pages.fails(GroupIdNotFoundException.class, () -> admin.deleteConsumerGroups(List.of("kafbat-group")).all().get());
        Pages.fails(GroupNotEmptyException.class, () -> admin.deleteConsumerGroups(List.of("billing")).all().get());
        Pages.fails(
            GroupSubscribedToTopicException.class,
            () -> admin.deleteConsumerGroupOffsets("billing", billing).all().get());
    }

    private static Set<String> topicNames() throws Exception {
        return admin.listTopics(new ListTopicsOptions().listInternal(true)).names().get();
    }

    private static Collection<ConsumerGroupListing> listGroups() throws Exception {
        return admin.listConsumerGroups().all().get();
    }

    private static ConfigEntry byName(List<ConfigEntry> entries, String name) {
        return entries.stream().filter(entry -> entry.name().equals(name)).findFirst().orElseThrow();
    }

    /** Without those that are unknown or forbidden. */
    private static Map<String, TopicDescription> describeTopics(Collection<String> names) throws Exception {
        return besides(
            admin.describeTopics(names).topicNameValues(),
            UnknownTopicOrPartitionException.class,
            TopicAuthorizationException.class);
    }

    private static Map<String, List<ConfigEntry>> topicsConfig(Collection<String> names, boolean documentation)
            throws Exception {
        var resources = names.stream().map(name -> new ConfigResource(ConfigResource.Type.TOPIC, name)).toList();
        var options = new DescribeConfigsOptions().includeSynonyms(true).includeDocumentation(documentation);
        Map<String, List<ConfigEntry>> result = new HashMap<>();
        besides(
            admin.describeConfigs(resources, options).values(),
            UnknownTopicOrPartitionException.class,
            UnknownServerException.class,
            TopicAuthorizationException.class)
            .forEach((resource, config) -> result.put(resource.name(), List.copyOf(config.entries())));
        return result;
    }

    private static Map<TopicPartition, Long> topicOffsets(String topic, OffsetSpec spec) throws Exception {
        return offsets(describeTopics(List.of(topic)).values(), spec);
    }

    private static Map<TopicPartition, Long> offsets(Collection<TopicDescription> topics, OffsetSpec spec)
            throws Exception {
        Set<TopicPartition> led = new HashSet<>();
        for (TopicDescription topic : topics) {
            topic.partitions().forEach(info -> {
                Pages.check(info.leader() != null, topic.name() + " has no leader");
                led.add(new TopicPartition(topic.name(), info.partition()));
            });
        }
        return offsetsOf(led, spec);
    }

    private static Map<TopicPartition, Long> offsetsOf(Set<TopicPartition> partitions, OffsetSpec spec) throws Exception {
        if (partitions.isEmpty()) return Map.of();
        ListOffsetsResult asked =
            admin.listOffsets(partitions.stream().collect(Collectors.toMap(partition -> partition, partition -> spec)));
        Map<TopicPartition, KafkaFuture<ListOffsetsResultInfo>> each = new HashMap<>();
        partitions.forEach(partition -> each.put(partition, asked.partitionResult(partition)));
        Map<TopicPartition, Long> result = new HashMap<>();
        besides(each, UnknownTopicOrPartitionException.class).forEach((partition, info) -> {
            if (info.offset() >= 0) result.put(partition, info.offset());
        });
        return result;
    }

    private static Map<String, Map<TopicPartition, Long>> committed(
            List<String> groupIds, List<TopicPartition> partitions) throws Exception {
        Map<String, ListConsumerGroupOffsetsSpec> asked = new HashMap<>();
        groupIds.forEach(group -> asked.put(group, new ListConsumerGroupOffsetsSpec().topicPartitions(partitions)));
        Map<String, Map<TopicPartition, Long>> result = new HashMap<>();
        admin.listConsumerGroupOffsets(asked).all().get().forEach((group, offsets) -> {
            Map<TopicPartition, Long> known = new HashMap<>();
            offsets.forEach((partition, offset) -> {
                if (offset != null) known.put(partition, offset.offset());
            });
            result.put(group, known);
        });
        return result;
    }

    /** What came of each, but for those that failed in a tolerated way. */
    @SafeVarargs
    private static <K, V> Map<K, V> besides(Map<K, KafkaFuture<V>> asked, Class<? extends Throwable>... tolerated)
            throws Exception {
        Map<K, V> result = new HashMap<>();
        for (var each : asked.entrySet()) {
            try {
                result.put(each.getKey(), each.getValue().get());
            } catch (ExecutionException error) {
                boolean isTolerated = Stream.of(tolerated).anyMatch(type -> error.getCause().getClass().equals(type));
                if (!isTolerated) throw error;
            }
        }
        return result;
    }
}
