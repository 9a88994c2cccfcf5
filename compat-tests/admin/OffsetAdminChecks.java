import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.OffsetMetadataTooLarge;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** listConsumerGroupOffsets, alterConsumerGroupOffsets, deleteConsumerGroupOffsets. */
final class OffsetAdminChecks {
    private static final TopicPartition FIRST = new TopicPartition("written", 0);
    private static final TopicPartition SECOND = new TopicPartition("written", 1);

    private final Checks checks;
    private final Admin admin;

    OffsetAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        checks.add("alterConsumerGroupOffsets, listConsumerGroupOffsets", () -> {
            var offset = new OffsetAndMetadata(2, Optional.of(0), "by hand");
            Checks.get(admin.alterConsumerGroupOffsets("moved", Map.of(FIRST, offset)).all());
            Checks.same(Map.of(FIRST, offset), offsets("moved"));
            Checks.get(admin.alterConsumerGroupOffsets("moved-too",
                Map.of(FIRST, new OffsetAndMetadata(0), SECOND, new OffsetAndMetadata(9))).all());
            Checks.same(9L, offsets("moved-too").get(SECOND).offset());
        });
        checks.add("listConsumerGroupOffsets: some partitions, several groups, none", () -> {
            var both = new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(FIRST, SECOND));
            var stable = new ListConsumerGroupOffsetsOptions().requireStable(true);
            var told = Checks.get(admin.listConsumerGroupOffsets(
                Map.of("moved", both, "moved-too", both), stable).all());
            Checks.same(2L, told.get("moved").get(FIRST).offset());
            Checks.is(told.get("moved").containsKey(SECOND), "the other partition is named");
            Checks.same(null, told.get("moved").get(SECOND));
            Checks.same(0L, told.get("moved-too").get(FIRST).offset());
            Checks.same(Map.of(), offsets("no-such-group"));
        });
        checks.add("alterConsumerGroupOffsets: of what is not there, and with too much metadata", () -> {
            Checks.fails(UnknownTopicOrPartitionException.class, admin.alterConsumerGroupOffsets("moved",
                Map.of(new TopicPartition("nowhere", 0), new OffsetAndMetadata(0))).all());
            Checks.fails(OffsetMetadataTooLarge.class, admin.alterConsumerGroupOffsets("moved",
                Map.of(FIRST, new OffsetAndMetadata(0, "x".repeat(5000)))).all());
        });
        checks.add("alterConsumerGroupOffsets: not while the group is at work", () -> {
            for (String protocol : List.of("classic", "consumer")) {
                try (var member = GroupAdminChecks.member(checks, "busy-" + protocol, protocol, null)) {
                    Checks.fails(UnknownMemberIdException.class, admin.alterConsumerGroupOffsets(
                        "busy-" + protocol, Map.of(FIRST, new OffsetAndMetadata(0))).all());
                }
            }
        });
        checks.add("deleteConsumerGroupOffsets", () -> {
            Checks.get(admin.deleteConsumerGroupOffsets("moved-too", Set.of(FIRST)).all());
            Checks.same(Set.of(SECOND), offsets("moved-too").keySet());
            Checks.get(admin.deleteConsumerGroupOffsets("moved-too", Set.of(FIRST)).all());
            Checks.fails(GroupIdNotFoundException.class,
                admin.deleteConsumerGroupOffsets("no-such-group", Set.of(FIRST)).all());
            Checks.fails(UnknownTopicOrPartitionException.class, admin.deleteConsumerGroupOffsets(
                "moved-too", Set.of(new TopicPartition("nowhere", 0))).all());
        });
        checks.add("deleteConsumerGroupOffsets: not of what the group is subscribed to", () -> {
            for (String protocol : List.of("classic", "consumer")) {
                try (var member = GroupAdminChecks.member(checks, "busy-" + protocol, protocol, null)) {
                    member.commitSync(Map.of(FIRST, new OffsetAndMetadata(3)));
                    Checks.fails(GroupSubscribedToTopicException.class, admin.deleteConsumerGroupOffsets(
                        "busy-" + protocol, Set.of(FIRST)).all());
                }
            }
        });
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets(String group) throws Exception {
        return Checks.get(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    }
}
