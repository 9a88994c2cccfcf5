import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.SubscriptionPattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** kafka-clients behind the adapter contract of ../README.md. */
public final class Adapter {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final BufferedReader STDIN = new BufferedReader(new InputStreamReader(System.in));

    public static void main(String[] args) throws Exception {
        JsonNode request = JSON.readTree(STDIN.readLine());
        switch (args[0]) {
            case "create" -> create(request);
            case "produce" -> produce(request);
            case "consume" -> consume(request);
            case "group" -> group(request);
            case "committed" -> committed(request);
            case "sequence" -> sequence(request);
            default -> throw new IllegalArgumentException("no operation " + args[0]);
        }
    }

    private static void create(JsonNode request) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", text(request, "bootstrap")))) {
            List<NewTopic> topics = new ArrayList<>();
            for (String topic : texts(request, "topics")) {
                topics.add(new NewTopic(topic, request.get("partitions").asInt(), (short) 1));
            }
            admin.createTopics(topics).all().get();
        }
    }

    private static void produce(JsonNode request) throws Exception {
        for (JsonNode target : request.get("topics")) {
            Map<String, Object> options = new LinkedHashMap<>(Map.of("compression.type", text(target, "codec"), "linger.ms", 50));
            if (target.hasNonNull("level")) {
                options.put("compression." + text(target, "codec") + ".level", target.get("level").asInt());
            }
            try (var producer = producer(request, options)) {
                List<Future<RecordMetadata>> sent = new ArrayList<>();
                for (JsonNode r : target.has("records") ? target.get("records") : request.get("records")) {
                    var record = new ProducerRecord<>(text(target, "topic"), null, r.get("timestamp").asLong(), bytes(r.get("key")), bytes(r.get("value")));
                    r.get("headers").forEach(h -> record.headers().add(h.get(0).asText(), bytes(h.get(1))));
                    sent.add(producer.send(record));
                }
                for (int i = 0; i < sent.size(); i++) {
                    RecordMetadata at = sent.get(i).get();
                    emit("topic", at.topic(), "index", i, "partition", at.partition(), "offset", at.offset());
                }
            }
        }
    }

    private static void consume(JsonNode request) throws Exception {
        try (var consumer = consumer(request, Map.of())) {
            List<TopicPartition> partitions = new ArrayList<>();
            for (String topic : texts(request, "topics")) {
                consumer.partitionsFor(topic).forEach(p -> partitions.add(new TopicPartition(topic, p.partition())));
            }
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            for (int left = request.get("count").asInt(); left > 0; ) {
                for (var record : consumer.poll(Duration.ofSeconds(1))) {
                    emitRecord(record);
                    left--;
                }
            }
        }
    }

    private static void group(JsonNode request) throws Exception {
        Map<String, Object> options = new LinkedHashMap<>(Map.of("group.id", text(request, "group")));
        if (request.path("protocol").asText().equals("consumer")) {
            options.put("group.protocol", "consumer");
        } else {
            options.putAll(Map.of("heartbeat.interval.ms", 500, "session.timeout.ms", 10000));
        }
        if (request.hasNonNull("instance")) {
            options.put("group.instance.id", text(request, "instance"));
        }
        try (var consumer = consumer(request, options)) {
            Thread leave = new Thread(() -> {
                waitForEndOfInput();
                consumer.wakeup();
            });
            leave.setDaemon(true);
            leave.start();
            var listener = new ConsumerRebalanceListener() {
                public void onPartitionsRevoked(Collection<TopicPartition> gone) {
                    emitOwned(consumer.assignment().stream().filter(p -> !gone.contains(p)).toList());
                }

                public void onPartitionsAssigned(Collection<TopicPartition> added) {
                    emitOwned(consumer.assignment());
                }
            };
            if (request.hasNonNull("pattern")) {
                consumer.subscribe(new SubscriptionPattern(text(request, "pattern")), listener);
            } else {
                consumer.subscribe(texts(request, "topics"), listener);
            }
            while (true) {
                for (var record : consumer.poll(Duration.ofMillis(200))) {
                    emitRecord(record);
                }
                consumer.commitSync();
            }
        } catch (WakeupException leaving) {
            // Closing the consumer left the group.
        }
    }

    private static void emitOwned(Collection<TopicPartition> owned) {
        emit(
            "assigned", owned.stream().map(TopicPartition::partition).sorted().toList(),
            "owned", owned.stream().map(p -> p.topic() + "/" + p.partition()).sorted().toList());
    }

    private static void committed(JsonNode request) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", text(request, "bootstrap")))) {
            var offsets = admin.listConsumerGroupOffsets(text(request, "group")).partitionsToOffsetAndMetadata().get();
            offsets.forEach((at, offset) -> emit("topic", at.topic(), "partition", at.partition(), "offset", offset.offset()));
        }
    }

    /** Numbered records to every key in turn, until the input ends; each acknowledgement is a line. */
    private static void sequence(JsonNode request) throws Exception {
        AtomicBoolean stopped = new AtomicBoolean();
        Thread stop = new Thread(() -> {
            waitForEndOfInput();
            stopped.set(true);
        });
        stop.setDaemon(true);
        stop.start();
        List<String> keys = texts(request, "keys");
        double perNano = request.get("perSecond").asDouble() / 1e9;
        String topic = text(request, "topic");
        try (var producer = producer(request, Map.of("linger.ms", 5, "delivery.timeout.ms", 900_000, "max.block.ms", 900_000))) {
            long began = System.nanoTime();
            for (long n = 0; !stopped.get(); n++) {
                long aheadMs = ((long) (n / perNano) - (System.nanoTime() - began)) / 1_000_000;
                if (aheadMs > 5) {
                    Thread.sleep(aheadMs);
                }
                String key = keys.get((int) (n % keys.size()));
                long sequence = n / keys.size();
                var record = new ProducerRecord<>(topic, key.getBytes(), (key + ":" + sequence).getBytes());
                producer.send(record, (at, error) -> {
                    if (error != null) {
                        emit("key", key, "sequence", sequence, "error", error.toString());
                    } else {
                        emit("key", key, "sequence", sequence, "partition", at.partition(), "offset", at.offset());
                    }
                });
            }
            producer.flush();
        }
    }

    private static KafkaProducer<byte[], byte[]> producer(JsonNode request, Map<String, Object> options) {
        Map<String, Object> config = new LinkedHashMap<>(options);
        config.put("bootstrap.servers", text(request, "bootstrap"));
        return new KafkaProducer<>(config, new ByteArraySerializer(), new ByteArraySerializer());
    }

    private static KafkaConsumer<byte[], byte[]> consumer(JsonNode request, Map<String, Object> options) {
        Map<String, Object> config = new LinkedHashMap<>(options);
        config.put("bootstrap.servers", text(request, "bootstrap"));
        config.put("auto.offset.reset", "earliest");
        config.put("enable.auto.commit", false);
        return new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static void emitRecord(ConsumerRecord<byte[], byte[]> record) {
        List<Object> headers = new ArrayList<>();
        for (Header header : record.headers()) {
            List<String> pair = new ArrayList<>();
            pair.add(header.key());
            pair.add(base64(header.value()));
            headers.add(pair);
        }
        emit("topic", record.topic(), "partition", record.partition(), "offset", record.offset(), "timestamp", record.timestamp(),
                "key", base64(record.key()), "value", base64(record.value()), "headers", headers);
    }

    private static synchronized void emit(Object... fields) {
        Map<Object, Object> line = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            line.put(fields[i], fields[i + 1]);
        }
        try {
            System.out.println(JSON.writeValueAsString(line));
        } catch (IOException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    private static void waitForEndOfInput() {
        try {
            while (STDIN.readLine() != null) {}
        } catch (IOException closed) {
            // The end as well.
        }
    }

    private static String text(JsonNode node, String name) {
        return node.get(name).asText();
    }

    private static List<String> texts(JsonNode node, String name) {
        List<String> all = new ArrayList<>();
        node.get(name).forEach(each -> all.add(each.asText()));
        return all;
    }

    private static byte[] bytes(JsonNode base64) {
        return base64.isNull() ? null : Base64.getDecoder().decode(base64.asText());
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }
}
