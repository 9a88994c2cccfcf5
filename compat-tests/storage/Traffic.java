import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Puts something of every kind into topics whose names begin with a label, or tells what a client can
 * read there. Says what was acknowledged, by partition, after each `write`, `load` and `transact`; for
 * `read` the label is a regular expression.
 */
public final class Traffic {
    private static final String[] CODECS = {"none", "gzip", "snappy", "lz4", "zstd"};
    private static final Map<String, String> SMALL = Map.of("internal.segment.bytes", "4000", "index.interval.bytes", "512");
    private static final int LOADED = 3000;
    private final String bootstrap;
    private final String label;
    /** By partition: what was sent, with the offset that was acknowledged, and the time, unless it was given. */
    private final Map<String, List<Object>> written = new TreeMap<>();
    private volatile Exception refused;

    private Traffic(String bootstrap, String label) {
        this.bootstrap = bootstrap;
        this.label = label;
    }

    static void run(String operations, String bootstrap, String label, Consumer<Object> say) throws Exception {
        for (String operation : operations.split(",")) {
            Traffic traffic = new Traffic(bootstrap, label);
            switch (operation) {
                case "create" -> traffic.create();
                case "write" -> traffic.write();
                case "load" -> traffic.load(say);
                case "transact" -> traffic.transact();
                case "trim" -> traffic.trim();
                case "commit" -> traffic.commit();
                case "read" -> say.accept(traffic.read());
                default -> throw new IllegalArgumentException(operation);
            }
            if (traffic.refused != null) throw traffic.refused;
            if (!traffic.written.isEmpty()) say.accept(Map.of("written", traffic.written));
        }
    }

    private void create() throws Exception {
        Map<String, String> compacted = new HashMap<>(SMALL);
        compacted.putAll(Map.of("cleanup.policy", "compact", "min.cleanable.dirty.ratio", "0.01"));
        try (Admin admin = admin()) {
            admin.createTopics(List.of(
                topic("plain", 2, Map.of()),
                topic("rolled", 3, SMALL),
                topic("codecs", 2, Map.of("retention.ms", "-1")),
                topic("stamped", 1, Map.of("message.timestamp.type", "LogAppendTime")),
                topic("trimmed", 1, SMALL),
                topic("compacted", 1, compacted),
                topic("times", 1, SMALL),
                topic("bulk", 1, Map.of()),
                topic("recoded", 1, Map.of("compression.type", "gzip")),
                topic("silent", 2, Map.of()))).all().get();
        }
    }

    private NewTopic topic(String name, int partitions, Map<String, String> configs) {
        return new NewTopic(name(name), partitions, (short) 1).configs(configs);
    }

    private String name(String topic) {
        return label + "-" + topic;
    }

    private void write() throws Exception {
        try (var producer = producer("enable.idempotence", "false", "batch.size", "500")) {
            for (int i = 0; i < 50; i++) {
                send(producer, "plain", null, i % 10 == 3 ? null : "value " + i);
                send(producer, "plain", "", i % 10 == 3 ? "" : "value " + i);
                send(producer, "stamped", "key" + i, "stamped " + i);
            }
            send(producer, "plain", "large", "l".repeat(150_000));
            // Neither in order nor apart: times go back and forth within segments and between them.
            long now = System.currentTimeMillis();
            for (int i = 0; i < 150; i++) send(producer, "times", now - i * 37 % 50 * 1000, null, "at " + "t".repeat(i));
        }
        // Segments and indexes of the usual sizes, of bytes that no codec makes smaller.
        try (var producer = producer("compression.type", "lz4", "linger.ms", "2")) {
            Random random = new Random(7);
            for (int i = 0; i < 4000; i++) {
                StringBuilder value = new StringBuilder();
                while (value.length() < 600) value.append(Long.toString(random.nextLong(), 36));
                send(producer, "bulk", "bulk" + i, value.toString());
            }
        }
        for (String codec : CODECS) {
            try (var producer = producer("compression.type", codec, "linger.ms", "5", "batch.size", "2000")) {
                for (int i = 0; i < 60; i++) {
                    send(producer, "codecs", codec + i, "value " + i + " of " + codec);
                    send(producer, "rolled", label + i, "x".repeat(i * 7) + codec);
                    send(producer, "trimmed", null, "trim " + i + "-".repeat(90));
                    send(producer, "recoded", "key" + i, codec + " recoded " + i);
                    send(producer, "stamped", "key" + i, codec + " stamped " + i);
                    send(producer, "compacted", "key" + i % 9, i % 9 == 4 ? null : "y".repeat(i * 5) + " " + codec + i);
                }
            }
        }
    }

    /** Goes on over a kill and a start of the broker; says that it is going after a third. */
    private void load(Consumer<Object> say) throws Exception {
        try (var producer = producer("compression.type", "lz4", "batch.size", "3000", "linger.ms", "5", "delivery.timeout.ms", "60000", "retry.backoff.ms", "50", "reconnect.backoff.max.ms", "200")) {
            for (int i = 0; i < LOADED; i++) {
                // Times of its own: a batch that is sent again is acknowledged with its largest time, by Kafka too.
                send(producer, i % 3 == 0 ? "codecs" : "rolled", System.currentTimeMillis(), "load" + i, "loaded " + i + "z".repeat(i % 100));
                if (i % 100 == 0) Thread.sleep(25);
                if (i == LOADED / 3) {
                    producer.flush();
                    say.accept(Map.of("going", true));
                }
            }
        }
    }

    private void transact() throws Exception {
        for (String outcome : new String[] {"commit", "abort", "open"}) {
            try (var producer = producer("transactional.id", label + "-tx-" + outcome, "transaction.timeout.ms", "900000")) {
                producer.initTransactions();
                producer.beginTransaction();
                for (int i = 0; i < 20; i++) send(producer, "rolled", "tx" + i, outcome + " " + i);
                producer.flush();
                if (outcome.equals("open")) {
                    // At once: else it is aborted.
                    producer.close(Duration.ZERO);
                    continue;
                }
                long offset = outcome.equals("commit") ? 7 : 99;
                try (var member = consumer("group.id", label + "-transactions")) {
                    producer.sendOffsetsToTransaction(Map.of(new TopicPartition(name("codecs"), 0), new OffsetAndMetadata(offset)), member.groupMetadata());
                }
                if (outcome.equals("commit")) producer.commitTransaction();
                else producer.abortTransaction();
            }
        }
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, String key, String value) {
        send(producer, topic, null, key, value);
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, Long timestamp, String key, String value) {
        List<Header> headers = List.of(new RecordHeader("label", bytes(label)), new RecordHeader("none", null), new RecordHeader("label", new byte[0]));
        var record = new ProducerRecord<>(name(topic), null, timestamp, bytes(key), bytes(value), headers);
        producer.send(record, (acked, error) -> {
            if (error != null) {
                refused = error;
                return;
            }
            // Called by one thread, and read when that has ended.
            written.computeIfAbsent(new TopicPartition(acked.topic(), acked.partition()).toString(), partition -> new ArrayList<>())
                .add(row(acked.offset(), timestamp == null ? acked.timestamp() : timestamp, record.key(), record.value(), record.headers()));
        });
    }

    private void trim() throws Exception {
        try (Admin admin = admin()) {
            admin.deleteRecords(Map.of(new TopicPartition(name("trimmed"), 0), RecordsToDelete.beforeOffset(123))).all().get();
        }
    }

    private void commit() throws Exception {
        for (String protocol : new String[] {"classic", "consumer"}) {
            try (var consumer = consumer("group.id", label + "-" + protocol, "group.protocol", protocol, "auto.offset.reset", "earliest", "fetch.max.wait.ms", "50", "enable.auto.commit", "false")) {
                consumer.subscribe(List.of(name("rolled"), name("codecs")));
                long until = System.currentTimeMillis() + 20_000;
                int count = 0;
                while ((consumer.assignment().size() < 5 || count == 0) && System.currentTimeMillis() < until) count += consumer.poll(Duration.ofMillis(100)).count();
                consumer.commitSync();
                if (count == 0) throw new IllegalStateException(protocol + " group read nothing");
            }
        }
    }

    private Map<String, Object> read() throws Exception {
        try (Admin admin = admin()) {
            Map<String, Object> topics = new TreeMap<>();
            var described = admin.describeTopics(mine(admin)).allTopicNames().get().values();
            Map<TopicPartition, Object> partitions = partitions(admin, described);
            Map<String, Map<String, String>> configs = configs(admin, described);
            for (var topic : described) {
                Map<String, Object> ofTopic = new TreeMap<>();
                for (var partition : topic.partitions()) ofTopic.put(Integer.toString(partition.partition()), partitions.get(new TopicPartition(topic.name(), partition.partition())));
                topics.put(topic.name(), Map.of("id", topic.topicId().toString(), "configs", configs.get(topic.name()), "partitions", ofTopic));
            }
            Map<String, Object> groups = new TreeMap<>();
            for (var group : admin.listGroups().all().get()) {
                if (!group.groupId().matches(label + "-.*")) continue;
                Map<String, Object> offsets = new TreeMap<>();
                admin.listConsumerGroupOffsets(group.groupId()).partitionsToOffsetAndMetadata().get().forEach((partition, offset) -> offsets.put(partition.toString(), offset == null ? List.of() : List.of(offset.offset(), offset.leaderEpoch().orElse(-1), offset.metadata())));
                groups.put(group.groupId(), offsets);
            }
            return Map.of("topics", topics, "groups", groups);
        }
    }

    private List<String> mine(Admin admin) throws Exception {
        return admin.listTopics().names().get().stream().filter(name -> name.matches(label + "-.*")).toList();
    }

    private Map<String, Map<String, String>> configs(Admin admin, Collection<TopicDescription> topics) throws Exception {
        Map<String, Map<String, String>> configs = new TreeMap<>();
        var resources = topics.stream().map(topic -> new ConfigResource(ConfigResource.Type.TOPIC, topic.name())).toList();
        admin.describeConfigs(resources).all().get().forEach((resource, config) -> {
            Map<String, String> set = new TreeMap<>();
            for (ConfigEntry entry : config.entries()) {
                if (entry.source() == ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG) set.put(entry.name(), entry.value());
            }
            configs.put(resource.name(), set);
        });
        return configs;
    }

    /** Where each begins and ends, and all records in it, those of aborted transactions too. */
    private Map<TopicPartition, Object> partitions(Admin admin, Collection<TopicDescription> topics) throws Exception {
        Map<TopicPartition, List<Object>> records = new HashMap<>();
        for (var topic : topics) {
            for (var partition : topic.partitions()) records.put(new TopicPartition(topic.name(), partition.partition()), new ArrayList<>());
        }
        Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
        records.keySet().forEach(partition -> asked.put(partition, OffsetSpec.earliest()));
        var starts = admin.listOffsets(asked).all().get();
        asked.replaceAll((partition, spec) -> OffsetSpec.latest());
        var ends = admin.listOffsets(asked).all().get();
        try (var consumer = consumer("isolation.level", "read_uncommitted", "fetch.max.wait.ms", "50", "max.poll.records", "5000")) {
            consumer.assign(records.keySet());
            starts.forEach((partition, start) -> consumer.seek(partition, start.offset()));
            long until = System.currentTimeMillis() + 40_000;
            for (var end : ends.entrySet()) {
                while (consumer.position(end.getKey()) < end.getValue().offset()) {
                    if (System.currentTimeMillis() > until) throw new IllegalStateException(end.getKey() + " stops at " + consumer.position(end.getKey()));
                    for (var record : consumer.poll(Duration.ofMillis(200))) {
                        records.get(new TopicPartition(record.topic(), record.partition())).add(row(record.offset(), record.timestamp(), record.key(), record.value(), record.headers()));
                    }
                }
            }
        }
        Map<TopicPartition, Object> found = new HashMap<>();
        records.forEach((partition, rows) -> found.put(partition, Map.of("start", starts.get(partition).offset(), "end", ends.get(partition).offset(), "records", rows)));
        return found;
    }

    private static Object row(long offset, long timestamp, byte[] key, byte[] value, Iterable<Header> headers) {
        List<Object> named = new ArrayList<>();
        for (Header header : headers) named.add(Arrays.asList(header.key(), base64(header.value())));
        return Arrays.asList(offset, timestamp, base64(key), base64(value), named);
    }

    private Admin admin() {
        return Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    private KafkaProducer<byte[], byte[]> producer(String... more) {
        return new KafkaProducer<>(settings(more), new ByteArraySerializer(), new ByteArraySerializer());
    }

    private KafkaConsumer<byte[], byte[]> consumer(String... more) {
        return new KafkaConsumer<>(settings(more), new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private Map<String, Object> settings(String... more) {
        Map<String, Object> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        for (int i = 0; i < more.length; i += 2) settings.put(more[i], more[i + 1]);
        return settings;
    }

    private static byte[] bytes(String text) {
        return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }
}
