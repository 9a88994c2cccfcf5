import com.fasterxml.jackson.databind.JsonNode;
import java.io.File;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.FileLogInputStream;
import org.apache.kafka.common.record.internal.FileRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.coordinator.common.runtime.CoordinatorRecord;
import org.apache.kafka.coordinator.group.GroupCoordinatorRecordSerde;
import org.apache.kafka.coordinator.group.generated.CoordinatorRecordJsonConverters;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.server.storage.log.FetchIsolation;
import org.apache.kafka.server.util.KafkaScheduler;
import org.apache.kafka.storage.internals.checkpoint.CleanShutdownFileHandler;
import org.apache.kafka.storage.internals.checkpoint.LeaderEpochCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.OffsetCheckpointFile;
import org.apache.kafka.storage.internals.checkpoint.PartitionMetadataFile;
import org.apache.kafka.storage.internals.log.LogConfig;
import org.apache.kafka.storage.internals.log.LogDirFailureChannel;
import org.apache.kafka.storage.internals.log.OffsetIndex;
import org.apache.kafka.storage.internals.log.ProducerStateManager;
import org.apache.kafka.storage.internals.log.ProducerStateManagerConfig;
import org.apache.kafka.storage.internals.log.TimeIndex;
import org.apache.kafka.storage.internals.log.TransactionIndex;
import org.apache.kafka.storage.internals.log.UnifiedLog;
import org.apache.kafka.storage.log.metrics.BrokerTopicStats;

/**
 * Opens every file of data directories with Apache Kafka's own classes and tells, by directory, what
 * they hold, and what is wrong with them. The directories must be copies: Kafka's log loader, which
 * comes last, writes to them.
 */
public final class Inspect {
    private static final LogDirFailureChannel FAILURES = new LogDirFailureChannel(8);
    private static final GroupCoordinatorRecordSerde GROUPS = new GroupCoordinatorRecordSerde();
    private static final int READ_BYTES = 1 << 20;
    private final List<String> faults = new ArrayList<>();
    private final KafkaScheduler scheduler = new KafkaScheduler(1);

    static Map<String, Object> all(List<String> paths) throws Exception {
        Map<String, Object> found = new LinkedHashMap<>();
        for (String path : paths) found.put(path, new Inspect().directory(new File(path)));
        return found;
    }

    private Map<String, Object> directory(File root) throws Exception {
        Map<String, Object> found = new LinkedHashMap<>();
        Map<TopicPartition, Long> points = checkpoint(root, "recovery-point-offset-checkpoint", found);
        Map<TopicPartition, Long> starts = checkpoint(root, "log-start-offset-checkpoint", found);
        checkpoint(root, "replication-offset-checkpoint", found);
        checkpoint(root, "cleaner-offset-checkpoint", found);
        CleanShutdownFileHandler shutdown = new CleanShutdownFileHandler(root.getPath());
        boolean clean = shutdown.exists();
        found.put("clean", clean);
        found.put("brokerEpoch", clean ? shutdown.read().orElse(-1) : -1);
        var ensemble = new MetaPropertiesEnsemble.Loader().addLogDirs(List.of(root.getPath())).load();
        ensemble.verify(Optional.empty(), OptionalInt.empty(), EnumSet.of(MetaPropertiesEnsemble.VerificationFlag.REQUIRE_AT_LEAST_ONE_VALID));
        var properties = ensemble.logDirProps().get(root.getPath());
        found.put("nodeId", properties.nodeId().orElse(-1));
        found.put("clusterId", properties.clusterId().orElse(null));
        found.put("directoryId", properties.directoryId().map(Uuid::toString).orElse(null));
        Map<String, Object> partitions = new TreeMap<>();
        File[] folders = root.listFiles(File::isDirectory);
        Arrays.sort(folders);
        Map<File, Map<String, byte[]>> before = new LinkedHashMap<>();
        scheduler.startup();
        for (File folder : folders) {
            if (!folder.getName().matches(".+-\\d+") || folder.getName().startsWith("__cluster_metadata")) continue;
            TopicPartition partition = UnifiedLog.parseTopicPartitionName(folder);
            Map<String, Object> content = partition(folder, clean);
            if (clean) before.put(folder, bytes(folder));
            content.put("log", load(folder, starts.getOrDefault(partition, 0L), points.getOrDefault(partition, 0L), clean));
            partitions.put(folder.getName(), content);
        }
        scheduler.shutdown();
        for (var folder : before.entrySet()) unchanged(folder.getKey(), folder.getValue());
        found.put("partitions", partitions);
        found.put("faults", faults);
        return found;
    }

    private static Map<String, byte[]> bytes(File folder) throws Exception {
        Map<String, byte[]> bytes = new TreeMap<>();
        for (File file : folder.listFiles()) bytes.put(file.getName(), Files.readAllBytes(file.toPath()));
        return bytes;
    }

    /** Kafka has found nothing to mend; room at the end of an index is none of its entries. */
    private void unchanged(File folder, Map<String, byte[]> before) throws Exception {
        Map<String, byte[]> after = bytes(folder);
        for (String name : after.keySet()) if (!before.containsKey(name)) faults.add(folder + "/" + name + " is made by Kafka");
        String newest = before.keySet().stream().filter(name -> name.endsWith(".snapshot")).max(String::compareTo).orElse("");
        for (var file : before.entrySet()) {
            if (!after.containsKey(file.getKey())) {
                // Every start of Kafka's does that, of its own too: what is on its way out, and snapshots of no segment's end.
                String name = file.getKey();
                if (!name.endsWith(".deleted") && (!name.endsWith(".snapshot") || name.equals(newest))) faults.add(folder + "/" + file.getKey() + " is removed by Kafka");
                continue;
            }
            // A leader's epoch is noted before its first record; it goes at the next start if there is none.
            if (file.getKey().equals("leader-epoch-checkpoint")) continue;
            byte[] found = after.get(file.getKey());
            int entries = found.length;
            if (file.getKey().endsWith("index")) while (entries > file.getValue().length && found[entries - 1] == 0) entries--;
            if (!Arrays.equals(file.getValue(), Arrays.copyOf(found, entries))) faults.add(folder + "/" + file.getKey() + " is mended by Kafka");
        }
    }

    private Map<TopicPartition, Long> checkpoint(File root, String name, Map<String, Object> found) throws Exception {
        File file = new File(root, name);
        if (!file.exists()) return Map.of();
        Map<TopicPartition, Long> offsets = new OffsetCheckpointFile(file, FAILURES).read();
        Map<String, Long> named = new TreeMap<>();
        offsets.forEach((partition, offset) -> named.put(partition.toString(), offset));
        found.put(name, named);
        return offsets;
    }

    private Map<String, Object> partition(File folder, boolean clean) throws Exception {
        Map<String, Object> content = new LinkedHashMap<>();
        PartitionMetadataFile metadata = new PartitionMetadataFile(PartitionMetadataFile.newFile(folder), FAILURES);
        content.put("topicId", metadata.exists() ? metadata.read().topicId().toString() : null);
        File epochs = LeaderEpochCheckpointFile.newFile(folder);
        List<Object> entries = new ArrayList<>();
        if (epochs.length() > 0) {
            for (var entry : new LeaderEpochCheckpointFile(epochs, FAILURES).read()) entries.add(List.of(entry.epoch(), entry.startOffset()));
        }
        content.put("epochs", entries);
        List<Object> batches = new ArrayList<>();
        List<Object> records = new ArrayList<>();
        Map<String, Object> snapshots = new TreeMap<>();
        List<Object> groups = new ArrayList<>();
        Map<Long, List<Object>> pending = new TreeMap<>();
        int segments = 0;
        int indexEntries = 0;
        File[] files = folder.listFiles();
        Arrays.sort(files);
        for (File file : files) {
            String name = file.getName();
            try {
                if (name.endsWith(".log")) {
                    segments++;
                    indexEntries += segment(file, batches, records, clean);
                    if (folder.getName().startsWith("__consumer_offsets-")) groups(file, groups, pending);
                } else if (name.endsWith(".snapshot")) {
                    List<Object> producers = new ArrayList<>();
                    for (var entry : ProducerStateManager.readSnapshot(file)) {
                        int last = entry.batchMetadata().stream().mapToInt(batch -> batch.lastSeq()).findFirst().orElse(-1);
                        producers.add(List.of(entry.producerId(), entry.producerEpoch(), last, entry.lastDataOffset(), entry.currentTxnFirstOffset().orElse(-1)));
                    }
                    snapshots.put(name.substring(0, 20), producers);
                }
            } catch (Exception error) {
                faults.add(folder.getName() + "/" + name + ": " + error);
            }
        }
        content.put("segments", segments);
        content.put("indexEntries", indexEntries);
        content.put("batches", batches);
        content.put("records", records);
        content.put("groups", groups);
        content.put("snapshots", snapshots);
        return content;
    }

    private int segment(File file, List<Object> batches, List<Object> records, boolean clean) throws Exception {
        long base = Long.parseLong(file.getName().substring(0, 20));
        // By position, and by the last offset.
        TreeMap<Integer, Long> lastOffsets = new TreeMap<>();
        TreeMap<Long, Long> maxTimestamps = new TreeMap<>();
        try (FileRecords content = FileRecords.open(file, false)) {
            int end = 0;
            for (FileLogInputStream.FileChannelRecordBatch batch : content.batches()) {
                batch.ensureValid();
                lastOffsets.put(batch.position(), batch.lastOffset());
                for (long offset = batch.baseOffset(); offset <= batch.lastOffset(); offset++) maxTimestamps.put(offset, batch.maxTimestamp());
                end = batch.position() + batch.sizeInBytes();
                int count = 0;
                for (Record record : batch) {
                    count++;
                    record.ensureValid();
                    if (!batch.isControlBatch()) records.add(row(record));
                }
                if (count != batch.countOrNull()) faults.add(file + ": " + count + " records, the header says " + batch.countOrNull());
                if (batch.maxTimestamp() != latest(batch)) faults.add(file + ": the batch at " + batch.position() + " says another largest timestamp than its records");
                batches.add(List.of(batch.baseOffset(), batch.lastOffset(), batch.partitionLeaderEpoch(), batch.producerId(), batch.producerEpoch(), batch.baseSequence(), batch.compressionType().name, batch.isTransactional()));
            }
            if (clean && end != file.length()) faults.add(file + ": " + (file.length() - end) + " bytes behind the last batch");
        }
        int entries = transactions(sibling(file, ".txnindex"), base);
        // What a crash leaves of the indexes of the last segment is made anew before anybody looks.
        if (!clean) return entries;
        return entries + offsetIndex(sibling(file, ".index"), base, lastOffsets) + timeIndex(sibling(file, ".timeindex"), base, maxTimestamps);
    }

    private static long latest(RecordBatch batch) {
        long latest = -1;
        for (Record record : batch) latest = Math.max(latest, record.timestamp());
        return latest == -1 ? batch.maxTimestamp() : latest;
    }

    /** Each entry is the end of a batch and its position; a lookup never leads behind what is sought. */
    private int offsetIndex(File file, long base, TreeMap<Integer, Long> lastOffsets) throws Exception {
        if (!file.exists()) {
            faults.add(file + " is missing");
            return 0;
        }
        try (OffsetIndex index = new OffsetIndex(file, base, -1, false)) {
            index.sanityCheck();
            for (int i = 0; i < index.entries(); i++) {
                var entry = index.entry(i);
                if (!Long.valueOf(entry.offset()).equals(lastOffsets.get(entry.position()))) faults.add(file + ": no batch that ends with " + entry.offset() + " at " + entry.position());
            }
            for (Map.Entry<Integer, Long> batch : lastOffsets.entrySet()) {
                var found = index.lookup(batch.getValue());
                if (found.offset() > batch.getValue() || found.position() > batch.getKey()) faults.add(file + ": " + batch.getValue() + " is sought from " + found.position());
            }
            return index.entries();
        }
    }

    /** Each entry is the largest timestamp up to its offset; the last one that of the whole segment. */
    private int timeIndex(File file, long base, TreeMap<Long, Long> maxTimestamps) throws Exception {
        if (!file.exists()) {
            faults.add(file + " is missing");
            return 0;
        }
        try (TimeIndex index = new TimeIndex(file, base, -1, false)) {
            index.sanityCheck();
            for (int i = 0; i < index.entries(); i++) {
                var entry = index.entry(i);
                if (!Long.valueOf(entry.timestamp()).equals(maxTimestamps.get(entry.offset()))) faults.add(file + ": the batch with " + entry.offset() + " has not " + entry.timestamp());
            }
            long latest = maxTimestamps.values().stream().mapToLong(Long::longValue).max().orElse(-1);
            if (latest != -1 && index.lastEntry().timestamp() != latest) faults.add(file + ": ends with " + index.lastEntry() + ", the latest is " + latest);
            TreeMap<Long, Long> latestSoFar = new TreeMap<>();
            long soFar = -1;
            for (Map.Entry<Long, Long> batch : maxTimestamps.entrySet()) {
                soFar = Math.max(soFar, batch.getValue());
                latestSoFar.put(batch.getKey(), soFar);
            }
            for (Map.Entry<Long, Long> batch : maxTimestamps.entrySet()) {
                var found = index.lookup(batch.getValue());
                // All records up to there are older than, or as old as, the one that is sought.
                var before = latestSoFar.floorEntry(found.offset());
                if (found.timestamp() > batch.getValue() || before != null && before.getValue() > found.timestamp() && found.offset() > base) faults.add(file + ": " + batch.getValue() + " is sought from " + found);
            }
            return index.entries();
        }
    }

    /** What groups and offsets Kafka's coordinator would read; `pending` is of open transactions, by producer. */
    private void groups(File file, List<Object> groups, Map<Long, List<Object>> pending) throws Exception {
        try (FileRecords content = FileRecords.open(file, false)) {
            for (RecordBatch batch : content.batches()) {
                if (batch.isControlBatch()) {
                    List<Object> decided = pending.remove(batch.producerId());
                    if (decided != null && ControlRecordType.parse(batch.iterator().next().key()) == ControlRecordType.COMMIT) groups.addAll(decided);
                    continue;
                }
                List<Object> to = batch.isTransactional() ? pending.computeIfAbsent(batch.producerId(), id -> new ArrayList<>()) : groups;
                for (Record record : batch) {
                    CoordinatorRecord read = GROUPS.deserialize(record.key(), record.value());
                    JsonNode key = CoordinatorRecordJsonConverters.writeRecordKeyAsJson(read.key());
                    var value = read.value();
                    Object version = value == null ? -1 : value.version();
                    to.add(Arrays.asList(record.offset(), read.key().apiKey(), key, version, value == null ? null : CoordinatorRecordJsonConverters.writeRecordValueAsJson(value.message(), value.version())));
                }
            }
        }
    }

    private int transactions(File file, long base) throws Exception {
        if (!file.exists()) return 0;
        try (TransactionIndex index = new TransactionIndex(base, file)) {
            index.sanityCheck();
            return index.allAbortedTxns().size();
        }
    }

    private static File sibling(File log, String suffix) {
        return new File(log.getPath().replaceAll("\\.log$", suffix));
    }

    /** The whole partition, as a broker of Kafka loads it at its start. */
    private Map<String, Object> load(File folder, long start, long recoveryPoint, boolean clean) throws Exception {
        Map<String, Object> loaded = new LinkedHashMap<>();
        try (UnifiedLog log = UnifiedLog.create(folder, new LogConfig(Map.of()), start, recoveryPoint, scheduler, new BrokerTopicStats(), Time.SYSTEM, 900_000, new ProducerStateManagerConfig(86_400_000, false), 600_000, FAILURES, clean, Optional.<Uuid>empty())) {
            loaded.put("start", log.logStartOffset());
            loaded.put("end", log.logEndOffset());
            loaded.put("epoch", log.latestEpoch().orElse(-1));
            Map<String, Object> producers = new TreeMap<>();
            log.producerStateManager().activeProducers().forEach((id, state) -> producers.put(Long.toString(id), state.lastDataOffset()));
            loaded.put("producers", producers);
            walk(log);
        } catch (Exception error) {
            faults.add(folder.getName() + " does not load: " + error);
        }
        return loaded;
    }

    /** Every offset and every time is found where it is, as a fetch and a ListOffsets of Kafka's would. */
    private void walk(UnifiedLog log) throws Exception {
        List<long[]> records = new ArrayList<>();
        for (long next = log.logStartOffset(); next < log.logEndOffset(); ) {
            long before = next;
            for (RecordBatch batch : log.read(next, READ_BYTES, FetchIsolation.LOG_END, true).records.batches()) {
                for (Record record : batch) if (record.offset() >= log.logStartOffset()) records.add(new long[] {record.offset(), record.timestamp()});
                next = batch.nextOffset();
            }
            if (next == before) throw new IllegalStateException("nothing to read at " + next);
        }
        for (int i = 0; i < records.size(); i += 1 + records.size() / 200) {
            long[] sought = records.get(i);
            var first = log.read(sought[0], 1, FetchIsolation.LOG_END, true).records.batches().iterator().next();
            if (first.lastOffset() < sought[0] || first.baseOffset() > sought[0]) faults.add(log.dir() + ": a read at " + sought[0] + " gives " + first);
            long[] earliest = records.stream().filter(record -> record[1] >= sought[1]).findFirst().orElseThrow();
            var found = log.fetchOffsetByTimestamp(sought[1], Optional.empty()).timestampAndOffsetOpt();
            // Of a segment that the cleaner emptied Kafka takes the file's time for the newest record's, and
            // looks no further where that is later; these files were copied a moment ago.
            boolean isHidden = found.isEmpty() && log.logSegments().stream().anyMatch(segment -> segment.size() == 0 && segment.baseOffset() < earliest[0]);
            if (isHidden) continue;
            if (found.isEmpty() || found.get().offset != earliest[0]) faults.add(log.dir() + ": the first at " + sought[1] + " is " + earliest[0] + ", found is " + found);
        }
    }

    private static Object row(Record record) {
        List<Object> headers = new ArrayList<>();
        for (Header header : record.headers()) headers.add(Arrays.asList(header.key(), base64(header.value())));
        return Arrays.asList(record.offset(), record.timestamp(), base64(record.hasKey() ? record.key() : null), base64(record.hasValue() ? record.value() : null), headers);
    }

    private static String base64(ByteBuffer buffer) {
        if (buffer == null) return null;
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return base64(bytes);
    }

    private static String base64(byte[] bytes) {
        return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
    }
}
