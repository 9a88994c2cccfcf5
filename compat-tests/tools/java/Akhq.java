import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.*;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.ConsumerGroupState;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.*;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What AKHQ 0.25 asks of a cluster on each page, with its options and its tolerance. It keeps nothing
 * from page to page, and reads offsets and records with consumers of its own.
 * Arguments: bootstrap, timestamp of the first record of topic orders, groups.
 */
public final class Akhq {
    private static final int PAGE_SIZE = 50;
    /** The tool waits ten seconds, and reads a page's records as soon as there are some. */
    private static final Duration POLL = Duration.ofSeconds(10);

    private static String bootstrap;
    private static long since;
    private static List<String> groups;
    private static Admin admin;
    private static KafkaProducer<byte[], byte[]> producer;

    private record Offsets(long first, long last) {}

    private record Topic(TopicDescription described, Map<TopicPartition, Offsets> offsets, long size) {}

    private record Group(ConsumerGroupDescription described, Map<TopicPartition, Long> committed, long lag) {}

    public static void main(String[] args) {
        bootstrap = args[0];
        since = Long.parseLong(args[1]);
        groups = List.of(args[2].split(","));
        admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
        Map<String, Object> config = Map.of("bootstrap.servers", bootstrap);
        producer = new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
        Pages pages = new Pages();
        nodePages(pages);
        topicPages(pages);
        dataPages(pages);
        groupPages(pages);
        pages.play("topic: deleted", () -> {
            admin.deleteTopics(Set.of("akhq-topic")).all().get();
            Pages.soon(() -> Pages.check(!topicNames().contains("akhq-topic"), "akhq-topic is still there"));
        });
        pages.play("ACLs: there are none, and the page says why", () -> {
            var error = Pages.fails(ApiException.class, () -> admin.describeAcls(AclBindingFilter.ANY).values().get());
            boolean told = error instanceof SecurityDisabledException || error instanceof UnsupportedVersionException;
            Pages.check(told, error);
        });
        pages.end();
    }

    private static void nodePages(Pages pages) {
        pages.play("nodes: the cluster, its nodes and controller", () -> {
            DescribeClusterResult cluster = admin.describeCluster();
            Pages.check(cluster.clusterId().get() != null, "no cluster id");
            Pages.same(cluster.nodes().get().size(), 1, "nodes");
            Pages.same(cluster.controller().get().id(), 1, "controller");
        });
        pages.play("node: its log directories", () -> Pages.check(sizes().size() > 3, "sizes " + sizes()));
        pages.play("node: configs; Kafka 4.4 refuses the change that the tool makes of them", () -> {
            var node = new ConfigResource(ConfigResource.Type.BROKER, "1");
            Pages.check(configs(node).size() > 100, "configs of the node");
            // It sends min.insync.replicas along, which is set for the whole cluster, as one of this node.
            Pages.fails(
                InvalidConfigurationException.class, () -> update(node, Map.of("log.cleaner.backoff.ms", "15001")));
        });
    }

    /** Bytes on disk by partition. Nothing where it is not allowed, not known, or not in time. */
    private static Map<TopicPartition, Long> sizes() throws Exception {
        List<Integer> nodes = admin.describeCluster().nodes().get().stream().map(Node::id).toList();
        Map<TopicPartition, Long> sizes = new HashMap<>();
        try {
            admin.describeLogDirs(nodes).allDescriptions().get().values().forEach(dirs -> dirs.forEach((path, dir) -> {
                Pages.check(path.startsWith("/"), path);
                dir.replicaInfos().forEach((partition, info) -> sizes.put(partition, info.size()));
            }));
        } catch (ExecutionException error) {
            Throwable cause = error.getCause();
            boolean tolerated = cause instanceof ClusterAuthorizationException
                || cause instanceof TopicAuthorizationException
                || cause instanceof UnsupportedVersionException
                || cause instanceof TimeoutException;
            if (!tolerated) throw error;
        }
        return sizes;
    }

    private static Map<String, ConfigEntry> configs(ConfigResource resource) throws Exception {
        Config config = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        return config.entries().stream().collect(Collectors.toMap(ConfigEntry::name, entry -> entry));
    }

    /** Sends everything that is set now along with what changes, with the old AlterConfigs. */
    @SuppressWarnings("deprecation")
    private static void update(ConfigResource resource, Map<String, String> changes) throws Exception {
        List<ConfigEntry> entries = new ArrayList<>();
        for (ConfigEntry entry : configs(resource).values()) {
            boolean dynamic = entry.source().name().startsWith("DYNAMIC_");
            if (dynamic && !changes.containsKey(entry.name())) entries.add(new ConfigEntry(entry.name(), entry.value()));
        }
        changes.forEach((name, value) -> {
            if (value != null) entries.add(new ConfigEntry(name, value));
        });
        admin.alterConfigs(Map.of(resource, new Config(entries))).all().get();
    }

    private static void topicPages(Pages pages) {
        pages.play("topics: list them with sizes, offsets, groups and the last record", () -> {
            List<String> names = topicNames().stream().sorted().limit(25).toList();
            Map<String, Topic> topics = topics(names);
            Pages.same(topics.keySet(), new HashSet<>(names), "topics");
            Topic orders = topics.get("orders");
            orders.offsets.values().forEach(found -> Pages.same(found, new Offsets(0, 100), "offsets of orders"));
            Pages.check(orders.size > 0, "size of orders");
            activeGroups(List.of("orders"));
            Map<String, Long> last = lastRecords(names);
            Pages.same(last.get("orders"), since + 99_000, "time of the last record of orders");
        });
        pages.play("topics: create one", () -> {
            var topic = new NewTopic("akhq-topic", 2, (short) 1)
                .configs(Map.of("cleanup.policy", "delete", "retention.ms", "86400000"));
            admin.createTopics(Set.of(topic)).all().get();
            Pages.soon(() -> Pages.check(topicNames().contains("akhq-topic"), "akhq-topic is not there"));
            Pages.fails(TopicExistsException.class, () -> admin.createTopics(Set.of(topic)).all().get());
        });
        pages.play("topic: partitions, settings, logs and groups", () -> {
            Pages.same(topics(List.of("orders")).get("orders").described.partitions().size(), 3, "partitions");
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
            Pages.same(configs(resource).get("retention.ms").value(), "172800000", "retention.ms");
            Pages.check(sizes().containsKey(new TopicPartition("orders", 1)), "no size of orders");
            Pages.check(groupsOf("orders").containsAll(groups), "groups of orders");
        });
        pages.play("topic: settings changed, and one set back to its default", () -> {
            var resource = new ConfigResource(ConfigResource.Type.TOPIC, "akhq-topic");
            update(resource, Map.of("retention.ms", "1000000", "segment.ms", "600000"));
            Pages.soon(() -> Pages.same(configs(resource).get("retention.ms").value(), "1000000", "retention.ms"));
            Map<String, String> back = new HashMap<>();
            back.put("segment.ms", null);
            update(resource, back);
            Pages.soon(() -> Pages.same(configs(resource).get("segment.ms").value(), "604800000", "segment.ms"));
            Pages.same(configs(resource).get("retention.ms").value(), "1000000", "retention.ms after that");
        });
        pages.play("topic: partitions added", () -> {
            admin.createPartitions(Map.of("akhq-topic", NewPartitions.increaseTo(3))).all().get();
            Pages.soon(() -> Pages.same(topics(List.of("akhq-topic")).get("akhq-topic").offsets.size(), 3, "partitions"));
        });
    }

    private static Set<String> topicNames() throws Exception {
        Collection<TopicListing> listings = admin.listTopics(new ListTopicsOptions().listInternal(true)).listings().get();
        return listings.stream().map(TopicListing::name).collect(Collectors.toSet());
    }

    @SuppressWarnings("deprecation")
    private static Map<String, Topic> topics(Collection<String> names) throws Exception {
        Map<String, TopicDescription> described = admin.describeTopics(names).all().get();
        Map<TopicPartition, Offsets> offsets = offsets(described.values());
        Map<TopicPartition, Long> sizes = sizes();
        Map<String, Topic> topics = new HashMap<>();
        described.forEach((name, description) -> {
            Map<TopicPartition, Offsets> own = new HashMap<>();
            offsets.forEach((partition, found) -> {
                if (partition.topic().equals(name)) own.put(partition, found);
            });
            long size = own.keySet().stream().mapToLong(partition -> sizes.getOrDefault(partition, 0L)).sum();
            topics.put(name, new Topic(description, own, size));
        });
        return topics;
    }

    /** The first offset is the first record at or after the epoch, the end where there is no record. */
    private static Map<TopicPartition, Offsets> offsets(Collection<TopicDescription> topics) {
        List<TopicPartition> partitions = topics.stream()
            .flatMap(topic -> topic.partitions().stream().map(p -> new TopicPartition(topic.name(), p.partition())))
            .toList();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            Map<TopicPartition, OffsetAndTimestamp> begins =
                consumer.offsetsForTimes(partitions.stream().collect(Collectors.toMap(p -> p, p -> 0L)));
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Map<TopicPartition, Offsets> offsets = new HashMap<>();
            begins.forEach((partition, begin) -> {
                long end = ends.get(partition);
                offsets.put(partition, new Offsets(begin == null ? end : begin.offset(), end));
            });
            return offsets;
        }
    }

    private static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> more) {
        Map<String, Object> config = new HashMap<>();
        config.put("bootstrap.servers", bootstrap);
        config.put("max.poll.records", 25_000);
        config.put("isolation.level", "read_committed");
        config.put("enable.auto.commit", "false");
        config.put("default.api.timeout.ms", 15_000);
        config.putAll(more);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Per topic the time of the newest of the last two records of its partitions, as one poll finds them. */
    private static Map<String, Long> lastRecords(Collection<String> names) throws Exception {
        List<TopicPartition> partitions = new ArrayList<>();
        topics(names).values().forEach(topic -> partitions.addAll(topic.offsets.keySet()));
        Map<String, Long> last = new HashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            consumer.assign(partitions);
            consumer.endOffsets(consumer.assignment())
                .forEach((partition, end) -> consumer.seek(partition, Math.max(0, end - 2)));
            for (int poll = 0; poll < 5 && !last.containsKey("orders"); poll++) {
                for (ConsumerRecord<byte[], byte[]> record : poll(consumer)) {
                    last.merge(record.topic(), record.timestamp(), Math::max);
                }
            }
        }
        return last;
    }

    private static ConsumerRecords<byte[], byte[]> poll(KafkaConsumer<byte[], byte[]> consumer) {
        return consumer.poll(POLL);
    }

    private static void dataPages(Pages pages) {
        pages.play("data: the newest, and the page after it", () -> {
            List<ConsumerRecord<byte[], byte[]>> newest = newest("orders", Map.of());
            Pages.same(newest.size(), PAGE_SIZE, "records");
            Pages.same(newest.get(0).timestamp(), since + 99_000, "the newest");
            Map<Integer, Long> after = new HashMap<>();
            newest.forEach(record -> after.merge(record.partition(), record.offset(), Math::min));
            // Three records are of each second, and the page ends with the second of one.
            Pages.same(newest("orders", after).get(0).timestamp(), newest.get(PAGE_SIZE - 1).timestamp(), "next");
        });
        pages.play("data: the oldest, and of one time on", () -> {
            Pages.same(oldest("orders", null).get(0).timestamp(), since, "the oldest");
            Pages.same(oldest("orders", since + 50_000).get(0).timestamp(), since + 50_000, "the first from then");
            Pages.same(oldest("orders", since + 9_000_000).size(), 0, "records after the last");
        });
        pages.play("data: of an empty topic", () -> {
            Pages.same(newest("empty", Map.of()).size(), 0, "newest");
        });
        pages.play("data: one record by its offset", () -> {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("max.poll.records", 1))) {
                TopicPartition partition = new TopicPartition("orders", 2);
                consumer.assign(Set.of(partition));
                consumer.seek(partition, 42);
                var found = poll(consumer).iterator().next();
                Pages.same(new String(found.key(), StandardCharsets.UTF_8), "order-2-42", "key");
                Pages.same(found.headers().toArray().length, 2, "headers");
            }
        });
        pages.play("data: produce, with headers, to a partition, at a time", () -> {
            Pages.same(produce("akhq-topic", 1, since, "key", "value").partition(), 1, "partition");
            Pages.same(produce("akhq-topic", 1, null, "key", null).offset(), 1L, "offset");
            produce("akhq-topic", null, null, null, "value");
            Pages.same(oldest("akhq-topic", null).size(), 3, "records");
        });
        pages.play("data: copied to another topic", Akhq::copy);
        pages.play("data: live, as it comes", Akhq::tail);
        pages.play("topic: emptied", Akhq::empty);
    }

    /** A consumer per partition reads up to a page back from the end, or from the last page's oldest. */
    private static List<ConsumerRecord<byte[], byte[]>> newest(String topic, Map<Integer, Long> after) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        for (var each : topics(List.of(topic)).get(topic).offsets.entrySet()) {
            TopicPartition partition = each.getKey();
            long last = after.getOrDefault(partition.partition(), each.getValue().last) - 1;
            if (last < 0) continue;
            long first = Math.max(each.getValue().first, last - PAGE_SIZE + 1);
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("max.poll.records", PAGE_SIZE))) {
                consumer.assign(Set.of(partition));
                consumer.seek(partition, first);
                boolean more = true;
                while (more) {
                    ConsumerRecords<byte[], byte[]> records = poll(consumer);
                    Pages.check(!records.isEmpty(), "nothing within ten seconds from " + partition + " at " + first);
                    for (ConsumerRecord<byte[], byte[]> record : records) {
                        if (record.offset() <= last) found.add(record);
                        more &= record.offset() < last;
                    }
                }
            }
        }
        Comparator<ConsumerRecord<byte[], byte[]>> byTime = Comparator.comparingLong(ConsumerRecord::timestamp);
        return found.stream().sorted(byTime.reversed()).limit(PAGE_SIZE).toList();
    }

    private static List<ConsumerRecord<byte[], byte[]>> oldest(String topic, Long timestamp) throws Exception {
        List<ConsumerRecord<byte[], byte[]>> found = new ArrayList<>();
        Map<TopicPartition, Long> from = new HashMap<>();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("max.poll.records", 1))) {
            topics(List.of(topic)).get(topic).offsets.forEach((partition, offsets) -> {
                if (timestamp == null) from.put(partition, offsets.first);
                else consumer.offsetsForTimes(Map.of(partition, timestamp)).forEach((at, offset) -> {
                    if (offset != null) from.put(at, offset.offset());
                });
            });
        }
        for (var each : from.entrySet()) {
            try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("max.poll.records", PAGE_SIZE))) {
                consumer.assign(List.of(each.getKey()));
                consumer.seek(each.getKey(), each.getValue());
                // The tool waits ten seconds for a partition that has nothing; here there is no need to.
                boolean isEmpty = consumer.endOffsets(Set.of(each.getKey())).get(each.getKey()) <= each.getValue();
                if (!isEmpty) poll(consumer).forEach(found::add);
            }
        }
        return found.stream().sorted(Comparator.comparingLong(ConsumerRecord::timestamp)).limit(PAGE_SIZE).toList();
    }

    private static RecordMetadata produce(String topic, Integer partition, Long timestamp, String key, String value)
            throws Exception {
        var headers = List.<org.apache.kafka.common.header.Header>of(
            new RecordHeader("header", "of akhq".getBytes(StandardCharsets.UTF_8)), new RecordHeader("none", null));
        return producer.send(new ProducerRecord<>(topic, partition, timestamp, bytes(key), bytes(value), headers)).get();
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static void copy() throws Exception {
        long read = 0;
        Map<TopicPartition, Offsets> offsets = topics(List.of("orders")).get("orders").offsets;
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("max.poll.records", 1000))) {
            consumer.assign(offsets.keySet());
            offsets.forEach((partition, found) -> consumer.seek(partition, found.first));
            long wanted = offsets.values().stream().mapToLong(found -> found.last - found.first).sum();
            while (read < wanted) {
                ConsumerRecords<byte[], byte[]> records = poll(consumer);
                Pages.check(!records.isEmpty(), "nothing after " + read + " records");
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    int partition = record.partition();
                    producer.send(new ProducerRecord<>("akhq-topic", partition, record.key(), record.value()));
                }
                producer.flush();
                read += records.count();
            }
        }
        long held = topics(List.of("akhq-topic")).get("akhq-topic").offsets.values().stream().mapToLong(o -> o.last).sum();
        Pages.same(held, read + 3, "records in the copy");
    }

    private static void tail() throws Exception {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of())) {
            Map<TopicPartition, Offsets> offsets = topics(List.of("akhq-topic")).get("akhq-topic").offsets;
            consumer.assign(offsets.keySet());
            offsets.forEach((partition, found) -> consumer.seek(partition, found.last));
            Pages.same(consumer.poll(Duration.ofMillis(200)).count(), 0, "records before any was sent");
            produce("akhq-topic", 0, null, "live", "live");
            Pages.same(poll(consumer).count(), 1, "records then");
        }
    }

    private static void empty() throws Exception {
        Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
        topics(List.of("akhq-topic")).get("akhq-topic").offsets
            .forEach((partition, found) -> all.put(partition, RecordsToDelete.beforeOffset(found.last)));
        admin.deleteRecords(all).all().get();
        topics(List.of("akhq-topic")).get("akhq-topic").offsets
            .forEach((partition, found) -> Pages.same(found.first, found.last, "first offset of " + partition));
    }

    private static void groupPages(Pages pages) {
        pages.play("groups: list them with topics and lag", () -> {
            List<String> names = admin.listConsumerGroups().all().get().stream().map(ConsumerGroupListing::groupId).toList();
            Map<String, Group> found = groups(names);
            Pages.check(found.keySet().containsAll(groups), groups + " in " + found.keySet());
            Pages.same(found.get("billing").described.state(), ConsumerGroupState.STABLE, "state of billing");
            Pages.same(found.get("reports").described.state(), ConsumerGroupState.EMPTY, "state of reports");
            Pages.same(found.get("billing").lag, 0L, "lag of billing");
            Pages.same(found.get("reports").lag, 270L, "lag of reports");
        });
        pages.play("group: its members and offsets", () -> {
            for (String name : groups) {
                Group group = groups(List.of(name)).get(name);
                Pages.same(group.committed.size(), 3, "offsets of " + name);
                Pages.check(group.described.coordinator() != null, "no coordinator");
                // A client of 3.6 knows nothing of the consumer protocol, and takes its groups for dead ones.
                boolean shown = name.equals("billing");
                Pages.same(group.described.members().size(), shown ? 1 : 0, "members of " + name);
                if (!shown) continue;
                MemberDescription member = group.described.members().iterator().next();
                Pages.same(member.assignment().topicPartitions().size(), 3, "partitions of the member of " + name);
                Pages.check(!member.clientId().isEmpty() && !member.host().isEmpty(), member);
            }
        });
        pages.play("group: offsets changed, by committing as the group", () -> {
            updateOffsets("akhq-group", 7);
            Pages.same(Set.copyOf(groups(List.of("akhq-group")).get("akhq-group").committed.values()), Set.of(7L), "offsets");
        });
        pages.play("group: offsets of a group at work are not changed", () ->
            Pages.fails(CommitFailedException.class, () -> updateOffsets("billing", 7)));
        pages.play("group: offsets of a topic deleted, then the group", () -> {
            updateOffsets("akhq-group", 8);
            var partitions = topics(List.of("orders")).get("orders").offsets.keySet();
            admin.deleteConsumerGroupOffsets("akhq-group", partitions).all().get();
            updateOffsets("akhq-group", 9);
            admin.deleteConsumerGroups(Set.of("akhq-group")).all().get();
            Pages.fails(GroupNotEmptyException.class, () -> admin.deleteConsumerGroups(Set.of("billing")).all().get());
        });
    }

    private static Map<String, Group> groups(Collection<String> names) throws Exception {
        Map<String, ConsumerGroupDescription> described = admin.describeConsumerGroups(names).all().get();
        Map<String, Map<TopicPartition, Long>> committed = new HashMap<>();
        for (String name : described.keySet()) {
            Map<TopicPartition, Long> offsets = new HashMap<>();
            admin.listConsumerGroupOffsets(name).partitionsToOffsetAndMetadata().get()
                .forEach((partition, offset) -> offsets.put(partition, offset.offset()));
            committed.put(name, offsets);
        }
        Set<String> read = committed.values().stream()
            .flatMap(offsets -> offsets.keySet().stream().map(TopicPartition::topic))
            .collect(Collectors.toSet());
        Map<String, Topic> topics = topics(read);
        Map<String, Group> found = new HashMap<>();
        described.forEach((name, description) -> {
            long lag = committed.get(name).entrySet().stream()
                .mapToLong(e -> topics.get(e.getKey().topic()).offsets.get(e.getKey()).last - e.getValue())
                .sum();
            found.put(name, new Group(description, committed.get(name), lag));
        });
        return found;
    }

    private static Set<String> activeGroups(List<String> topics) throws Exception {
        List<String> names = admin.listConsumerGroups().all().get().stream().map(ConsumerGroupListing::groupId).toList();
        Map<String, ConsumerGroupDescription> described = admin.describeConsumerGroups(names).all().get();
        Set<String> active = described.values().stream()
            .filter(group -> group.members().stream().anyMatch(member ->
                member.assignment().topicPartitions().stream().anyMatch(p -> topics.contains(p.topic()))))
            .map(ConsumerGroupDescription::groupId)
            .collect(Collectors.toSet());
        return groups(active).keySet();
    }

    private static Set<String> groupsOf(String topic) throws Exception {
        List<String> names = admin.listConsumerGroups().all().get().stream().map(ConsumerGroupListing::groupId).toList();
        return groups(names).values().stream()
            .filter(group -> group.committed.keySet().stream().anyMatch(p -> p.topic().equals(topic)))
            .map(group -> group.described.groupId())
            .collect(Collectors.toSet());
    }

    private static void updateOffsets(String group, long offset) {
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(Map.of("group.id", group))) {
            Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
            for (int partition = 0; partition < 3; partition++) {
                offsets.put(new TopicPartition("orders", partition), new OffsetAndMetadata(offset));
            }
            consumer.commitSync(offsets);
        }
    }
}
