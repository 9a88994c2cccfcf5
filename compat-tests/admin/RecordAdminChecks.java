import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.LogDirNotFoundException;
import org.apache.kafka.common.errors.OffsetOutOfRangeException;
import org.apache.kafka.common.errors.PolicyViolationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringSerializer;

/** listOffsets, deleteRecords, and where replicas lie. */
final class RecordAdminChecks {
    private static final TopicPartition WRITTEN = new TopicPartition("written", 0);
    private static final TopicPartitionReplica REPLICA = new TopicPartitionReplica("written", 0, 1);

    private final Checks checks;
    private final Admin admin;

    RecordAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        offsets();
        deletion();
        directories();
    }

    private void offsets() {
        checks.add("listOffsets: every kind of offset", () -> {
            Checks.get(admin.createTopics(List.of(new NewTopic("written", 2, (short) 1))).all());
            try (var producer = new KafkaProducer<>(Map.of("bootstrap.servers", checks.bootstrap),
                    new StringSerializer(), new StringSerializer())) {
                for (long time : new long[] {1000, 3000, 2000}) {
                    producer.send(new ProducerRecord<>("written", 0, time, "k", "v")).get();
                }
            }
            told(0, -1, offset(WRITTEN, OffsetSpec.earliest()));
            told(3, -1, offset(WRITTEN, OffsetSpec.latest()));
            told(1, 3000, offset(WRITTEN, OffsetSpec.maxTimestamp()));
            told(1, 3000, offset(WRITTEN, OffsetSpec.forTimestamp(1500)));
            told(0, 1000, offset(WRITTEN, OffsetSpec.forTimestamp(0)));
            told(-1, -1, offset(WRITTEN, OffsetSpec.forTimestamp(4000)));
            told(0, -1, offset(WRITTEN, OffsetSpec.earliestLocal()));
            told(-1, -1, offset(WRITTEN, OffsetSpec.latestTiered()));
            told(-1, -1, offset(WRITTEN, OffsetSpec.earliestPendingUpload()));
            Checks.same(Optional.of(0), offset(WRITTEN, OffsetSpec.latest()).leaderEpoch());
        });
        checks.add("listOffsets: of a partition without records, and what is committed", () -> {
            var empty = new TopicPartition("written", 1);
            told(0, -1, offset(empty, OffsetSpec.earliest()));
            told(0, -1, offset(empty, OffsetSpec.latest()));
            told(-1, -1, offset(empty, OffsetSpec.maxTimestamp()));
            told(-1, -1, offset(empty, OffsetSpec.forTimestamp(0)));
            var committed = new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);
            told(3, -1, Checks.get(admin.listOffsets(Map.of(WRITTEN, OffsetSpec.latest()), committed).all())
                .get(WRITTEN));
        });
        checks.add("listOffsets: a partition that is not there", () ->
            Checks.fails(UnknownTopicOrPartitionException.class, admin.listOffsets(
                Map.of(new TopicPartition("nowhere", 9), OffsetSpec.latest()),
                new ListOffsetsOptions().timeoutMs(1500)).all()));
    }

    private void deletion() {
        checks.add("deleteRecords: up to an offset, and up to the end", () -> {
            Checks.same(2L, deleteBefore(WRITTEN, 2));
            told(2, -1, offset(WRITTEN, OffsetSpec.earliest()));
            Checks.same(2L, deleteBefore(WRITTEN, 1));
            Checks.same(3L, deleteBefore(WRITTEN, -1));
            told(3, -1, offset(WRITTEN, OffsetSpec.earliest()));
        });
        checks.add("deleteRecords: beyond the end, of nothing, of what is compacted", () -> {
            Checks.fails(OffsetOutOfRangeException.class, deleting(WRITTEN, 99));
            Checks.fails(PolicyViolationException.class, deleting(new TopicPartition("made", 0), 0));
            Checks.fails(InvalidTopicException.class, deleting(new TopicPartition("__consumer_offsets", 0), 0));
        });
    }

    private void directories() {
        checks.add("describeLogDirs: two directories with their partitions", () -> {
            var dirs = Checks.get(admin.describeLogDirs(List.of(1)).allDescriptions()).get(1);
            Checks.same(new TreeSet<>(checks.logDirs), new TreeSet<>(dirs.keySet()));
            for (var dir : dirs.values()) {
                Checks.same(null, dir.error());
                Checks.is(dir.totalBytes().orElse(-1) > 0, "the volume's size");
                Checks.is(dir.usableBytes().orElse(-1) > 0, "what is left of it");
                Checks.is(!dir.isCordoned(), "not cordoned");
            }
            var holding = dirs.values().stream().filter(dir -> dir.replicaInfos().containsKey(WRITTEN)).toList();
            Checks.same(1, holding.size());
            var replica = holding.get(0).replicaInfos().get(WRITTEN);
            Checks.is(replica.size() > 100 && replica.offsetLag() == 0 && !replica.isFuture(), "" + replica);
        });
        checks.add("describeReplicaLogDirs, alterReplicaLogDirs: a replica moves, and keeps its offsets", () -> {
            String from = directory();
            String to = checks.logDirs.stream().filter(dir -> !dir.equals(from)).findFirst().orElseThrow();
            Checks.get(admin.alterReplicaLogDirs(Map.of(REPLICA, to)).all());
            Checks.eventually(() -> to.equals(directory()));
            told(3, -1, offset(WRITTEN, OffsetSpec.latest()));
            told(3, -1, offset(WRITTEN, OffsetSpec.earliest()));
            Checks.get(admin.alterReplicaLogDirs(Map.of(REPLICA, to)).all());
            Checks.same(to, directory());
        });
        checks.add("alterReplicaLogDirs: to nowhere, of nothing", () -> {
            Checks.fails(LogDirNotFoundException.class,
                admin.alterReplicaLogDirs(Map.of(REPLICA, "/nowhere")).all());
            Checks.fails(UnknownTopicOrPartitionException.class, admin.alterReplicaLogDirs(
                Map.of(new TopicPartitionReplica("nowhere", 0, 1), checks.logDirs.get(0))).all());
            var unknown = new TopicPartitionReplica("nowhere", 0, 1);
            Checks.same(null, Checks.get(admin.describeReplicaLogDirs(List.of(unknown)).all())
                .get(unknown).getCurrentReplicaLogDir());
        });
    }

    private String directory() throws Exception {
        return Checks.get(admin.describeReplicaLogDirs(List.of(REPLICA)).all())
            .get(REPLICA).getCurrentReplicaLogDir();
    }

    private Future<Void> deleting(TopicPartition partition, long offset) {
        return admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset))).all();
    }

    private long deleteBefore(TopicPartition partition, long offset) throws Exception {
        var deleted = admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(offset)));
        return Checks.get(deleted.lowWatermarks().get(partition)).lowWatermark();
    }

    private ListOffsetsResultInfo offset(TopicPartition partition, OffsetSpec spec) throws Exception {
        return Checks.get(admin.listOffsets(Map.of(partition, spec)).all()).get(partition);
    }

    private static void told(long offset, long timestamp, ListOffsetsResultInfo actual) {
        Checks.same(offset + " at " + timestamp, actual.offset() + " at " + actual.timestamp());
    }
}
