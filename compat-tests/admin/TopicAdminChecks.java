import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreatePartitionsOptions;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeTopicsOptions;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.admin.TopicListing;
import org.apache.kafka.clients.admin.CreateTopicsResult;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicIdException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** createTopics, deleteTopics, listTopics, describeTopics, createPartitions. */
final class TopicAdminChecks {
    private static final Uuid NO_ONES_ID = Uuid.fromString("h1GIu2ZBQ0yVvQmq4gkT5w");

    private final Checks checks;
    private final Admin admin;

    TopicAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        creation();
        listing();
        growth();
        deletion();
    }

    private void creation() {
        checks.add("createTopics: id, partitions, replication factor and settings are told", () -> {
            CreateTopicsResult result = admin.createTopics(List.of(new NewTopic("made", 3, (short) 1)
                .configs(Map.of("retention.ms", "60000", "cleanup.policy", "compact"))));
            Checks.same(3, Checks.get(result.numPartitions("made")));
            Checks.same(1, Checks.get(result.replicationFactor("made")));
            ConfigEntry set = Checks.get(result.config("made")).get("retention.ms");
            Checks.same("60000", set.value());
            Checks.same(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG, set.source());
            ConfigEntry preset = Checks.get(result.config("made")).get("max.message.bytes");
            Checks.same("1048588", preset.value());
            Checks.same(ConfigEntry.ConfigSource.DEFAULT_CONFIG, preset.source());
            Uuid id = Checks.get(result.topicId("made"));
            Checks.eventually(() -> names().contains("made"));
            Checks.same(describe("made").topicId(), id);
        });
        checks.add("createTopics: the broker's defaults for partitions and replicas", () -> {
            CreateTopicsResult result = admin.createTopics(List.of(
                new NewTopic("by-default", Optional.empty(), Optional.empty())));
            Checks.same(1, Checks.get(result.numPartitions("by-default")));
            Checks.same(1, Checks.get(result.replicationFactor("by-default")));
        });
        checks.add("createTopics: replicas assigned by hand", () -> {
            CreateTopicsResult result = admin.createTopics(List.of(
                new NewTopic("by-hand", Map.of(0, List.of(1), 1, List.of(1)))));
            Checks.same(2, Checks.get(result.numPartitions("by-hand")));
            Checks.eventually(() -> names().contains("by-hand"));
            for (var partition : describe("by-hand").partitions()) Checks.same(1, partition.leader().id());
        });
        checks.add("createTopics: validateOnly makes nothing, and tells what would be made", () -> {
            CreateTopicsOptions options = new CreateTopicsOptions().validateOnly(true);
            CreateTopicsResult result = admin.createTopics(List.of(new NewTopic("not-made", 4, (short) 1)), options);
            Checks.same(4, Checks.get(result.numPartitions("not-made")));
            Checks.is(!names().contains("not-made"), "nothing is made");
            Checks.fails(TopicExistsException.class, admin.createTopics(
                List.of(new NewTopic("made", 1, (short) 1)), options).all());
        });
        checks.add("createTopics: names that exist, that are wrong, that collide", () -> {
            Checks.fails(TopicExistsException.class, create("made", 1, 1));
            Checks.fails(InvalidTopicException.class, create("a/b", 1, 1));
            Checks.fails(InvalidTopicException.class, create("..", 1, 1));
            Checks.fails(InvalidTopicException.class, create("x".repeat(250), 1, 1));
            Checks.get(create("with.dot", 1, 1));
            Checks.fails(InvalidTopicException.class, create("with_dot", 1, 1));
        });
        checks.add("createTopics: numbers and assignments that cannot be", () -> {
            Checks.fails(InvalidPartitionsException.class, create("none", 0, 1));
            Checks.fails(InvalidReplicationFactorException.class, create("none", 1, 3));
            Checks.fails(InvalidReplicationFactorException.class, create("none", 1, 0));
            Checks.fails(InvalidReplicaAssignmentException.class, assign(Map.of(0, List.of(7))));
            Checks.fails(InvalidReplicaAssignmentException.class, assign(Map.of(0, List.of(1, 1))));
            Checks.fails(InvalidReplicaAssignmentException.class, assign(Map.of(1, List.of(1))));
            Checks.fails(InvalidReplicaAssignmentException.class, assign(Map.of(0, List.of())));
        });
        checks.add("createTopics: settings that cannot be", () -> {
            Checks.fails(InvalidConfigurationException.class, configure("retention.ms", "soon"));
            Checks.fails(InvalidConfigurationException.class, configure("no.such.setting", "1"));
            Checks.fails(InvalidConfigurationException.class, configure("cleanup.policy", "burn"));
            Checks.fails(InvalidConfigurationException.class, configure("min.insync.replicas", "0"));
        });
        checks.add("createTopics: one fails, and the other is made", () -> {
            var values = admin.createTopics(List.of(new NewTopic("beside", 1, (short) 1),
                new NewTopic("made", 1, (short) 1))).values();
            Checks.get(values.get("beside"));
            Checks.fails(TopicExistsException.class, values.get("made"));
        });
    }

    private void listing() {
        checks.add("listTopics: internal ones only if asked for, with their ids", () -> {
            Checks.eventually(() -> names().containsAll(Set.of("made", "by-hand", "by-default")));
            GroupAdminChecks.commit(checks, "list-internal", 0);
            Checks.is(!names().contains("__consumer_offsets"), "no internal topic");
            Collection<TopicListing> all = Checks.get(
                admin.listTopics(new ListTopicsOptions().listInternal(true)).listings());
            for (TopicListing topic : all) {
                Checks.same(topic.name().equals("__consumer_offsets"), topic.isInternal());
            }
            TopicListing made = all.stream().filter(one -> one.name().equals("made")).findFirst().orElseThrow();
            Checks.same(describe("made").topicId(), made.topicId());
        });
        checks.add("describeTopics: by name and by id", () -> {
            TopicDescription byName = describe("made");
            Checks.same(List.of(0, 1, 2), byName.partitions().stream().map(p -> p.partition()).toList());
            for (var partition : byName.partitions()) {
                Checks.same(1, partition.leader().id());
                Checks.same(List.of(1), partition.replicas().stream().map(node -> node.id()).toList());
                Checks.same(List.of(1), partition.isr().stream().map(node -> node.id()).toList());
                Checks.same(List.of(), partition.elr());
            }
            var byId = Checks.get(admin.describeTopics(
                TopicCollection.ofTopicIds(List.of(byName.topicId()))).allTopicIds());
            Checks.same("made", byId.get(byName.topicId()).name());
            Checks.is(describe("__consumer_offsets").isInternal(), "the offsets are internal");
        });
        checks.add("describeTopics: page by page", () -> {
            var paged = new DescribeTopicsOptions().partitionSizeLimitPerResponse(2);
            var told = Checks.get(admin.describeTopics(
                TopicCollection.ofTopicNames(List.of("by-hand", "made")), paged).allTopicNames());
            Checks.same(3, told.get("made").partitions().size());
            Checks.same(2, told.get("by-hand").partitions().size());
        });
        checks.add("describeTopics: unknown names and ids", () -> {
            Checks.fails(UnknownTopicOrPartitionException.class,
                admin.describeTopics(List.of("nowhere")).allTopicNames());
            Checks.fails(InvalidTopicException.class, admin.describeTopics(List.of("a/b")).allTopicNames());
            Checks.fails(UnknownTopicIdException.class, admin.describeTopics(
                TopicCollection.ofTopicIds(List.of(NO_ONES_ID))).allTopicIds());
        });
        checks.add("describeTopics: what may be done with a topic", () -> {
            var options = new DescribeTopicsOptions().includeAuthorizedOperations(true);
            var told = Checks.get(admin.describeTopics(TopicCollection.ofTopicNames(List.of("made")), options)
                .allTopicNames()).get("made").authorizedOperations();
            Checks.same("[ALTER, ALTER_CONFIGS, CREATE, DELETE, DESCRIBE, DESCRIBE_CONFIGS, READ, WRITE]",
                told.stream().map(Enum::name).sorted().toList().toString());
            Checks.same(null, describe("made").authorizedOperations());
        });
    }

    private void growth() {
        checks.add("createPartitions: more, by hand, and not if only validated", () -> {
            grow("made", NewPartitions.increaseTo(5));
            Checks.eventually(() -> describe("made").partitions().size() == 5);
            grow("made", NewPartitions.increaseTo(6, List.of(List.of(1))));
            Checks.eventually(() -> describe("made").partitions().size() == 6);
            Checks.get(admin.createPartitions(Map.of("made", NewPartitions.increaseTo(9)),
                new CreatePartitionsOptions().validateOnly(true)).all());
            Checks.same(6, describe("made").partitions().size());
        });
        checks.add("createPartitions: as many, fewer, of nothing, wrongly assigned", () -> {
            Checks.fails(InvalidPartitionsException.class, growing("made", NewPartitions.increaseTo(6)));
            Checks.fails(InvalidPartitionsException.class, growing("made", NewPartitions.increaseTo(2)));
            Checks.fails(UnknownTopicOrPartitionException.class, growing("nowhere", NewPartitions.increaseTo(6)));
            Checks.fails(InvalidReplicaAssignmentException.class,
                growing("made", NewPartitions.increaseTo(7, List.of(List.of(9)))));
            Checks.fails(InvalidReplicaAssignmentException.class,
                growing("made", NewPartitions.increaseTo(8, List.of(List.of(1)))));
        });
    }

    private void deletion() {
        checks.add("deleteTopics: by name and by id", () -> {
            Checks.get(create("to-delete", 1, 1));
            Checks.get(create("to-delete-too", 1, 1));
            Checks.eventually(() -> names().containsAll(Set.of("to-delete", "to-delete-too")));
            Uuid id = describe("to-delete-too").topicId();
            Checks.get(admin.deleteTopics(TopicCollection.ofTopicNames(List.of("to-delete"))).all());
            Checks.get(admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all());
            Checks.eventually(() -> names().stream().noneMatch(name -> name.startsWith("to-delete")));
        });
        checks.add("deleteTopics: unknown names and ids", () -> {
            Checks.fails(UnknownTopicOrPartitionException.class, admin.deleteTopics(
                TopicCollection.ofTopicNames(List.of("to-delete"))).all());
            Checks.fails(UnknownTopicIdException.class,
                admin.deleteTopics(TopicCollection.ofTopicIds(List.of(NO_ONES_ID))).all());
        });
    }

    private Future<Void> create(String name, int partitions, int replicas) {
        return admin.createTopics(List.of(new NewTopic(name, partitions, (short) replicas))).all();
    }

    private Future<Void> assign(Map<Integer, List<Integer>> replicas) {
        return admin.createTopics(List.of(new NewTopic("none", replicas))).all();
    }

    private Future<Void> configure(String name, String value) {
        return admin.createTopics(List.of(
            new NewTopic("none", 1, (short) 1).configs(Map.of(name, value)))).all();
    }

    private Future<Void> growing(String name, NewPartitions partitions) {
        return admin.createPartitions(Map.of(name, partitions)).all();
    }

    private void grow(String name, NewPartitions partitions) throws Exception {
        Checks.get(growing(name, partitions));
    }

    private TopicDescription describe(String name) throws Exception {
        return Checks.get(admin.describeTopics(List.of(name)).allTopicNames()).get(name);
    }

    private Set<String> names() throws Exception {
        return Checks.get(admin.listTopics().names());
    }
}
