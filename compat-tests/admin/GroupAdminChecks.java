import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ClassicGroupDescription;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeClassicGroupsOptions;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupsOptions;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberDescription;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.apache.kafka.common.serialization.StringDeserializer;

/** Groups listed, described, deleted, and their members removed. */
final class GroupAdminChecks {
    private static final String CLASSIC = "classic-members";
    private static final String MODERN = "modern-members";
    /** Groups whose member stays when its client has gone. */
    private static final String STATIC_CLASSIC = "classic-static";
    private static final String STATIC_MODERN = "modern-static";

    private final Checks checks;
    private final Admin admin;

    GroupAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        listing();
        description();
        removal();
    }

    private void listing() {
        checks.add("listGroups, listConsumerGroups: by type, state and protocol", () -> {
            commit(checks, "offsets-only", 3);
            try (var classic = member(checks, CLASSIC, "classic", null);
                    var modern = member(checks, MODERN, "consumer", null)) {
                var both = Set.of(CLASSIC, MODERN);
                Checks.same(Set.of(MODERN), listed(new ListGroupsOptions().withTypes(Set.of(GroupType.CONSUMER))));
                Checks.same(Set.of(CLASSIC, "list-internal", "offsets-only"),
                    listed(new ListGroupsOptions().withTypes(Set.of(GroupType.CLASSIC))));
                Checks.same(both, listed(new ListGroupsOptions().inGroupStates(Set.of(GroupState.STABLE))));
                Checks.same(Set.of("list-internal", "offsets-only"),
                    listed(new ListGroupsOptions().inGroupStates(Set.of(GroupState.EMPTY))));
                Checks.same(both, listed(new ListGroupsOptions().withProtocolTypes(Set.of("consumer"))));
                Checks.same(Set.of("list-internal", "offsets-only"),
                    listed(new ListGroupsOptions().withProtocolTypes(Set.of(""))));
                Checks.same(Set.of(CLASSIC, MODERN, "list-internal", "offsets-only"),
                    listed(ListGroupsOptions.forConsumerGroups()));
                Checks.same(Set.of(), listed(new ListGroupsOptions().withTypes(Set.of(GroupType.SHARE))));
                GroupListing one = Checks.get(admin.listGroups(
                    new ListGroupsOptions().withTypes(Set.of(GroupType.CONSUMER))).all()).iterator().next();
                Checks.same("(groupId='modern-members', type=Consumer, protocol='consumer', groupState=Stable)",
                    one.toString());
                listedAsBefore();
            }
        });
    }

    @SuppressWarnings({"deprecation", "removal"})
    private void listedAsBefore() throws Exception {
        var all = Checks.get(admin.listConsumerGroups().all());
        Checks.same(Set.of(CLASSIC, MODERN, "list-internal", "offsets-only"),
            all.stream().map(one -> one.groupId()).collect(Collectors.toSet()));
        Checks.same(Set.of("list-internal", "offsets-only"), all.stream()
            .filter(one -> one.isSimpleConsumerGroup()).map(one -> one.groupId()).collect(Collectors.toSet()));
        var stable = new ListConsumerGroupsOptions().inGroupStates(Set.of(GroupState.STABLE))
            .withTypes(Set.of(GroupType.CLASSIC));
        Checks.same(List.of(CLASSIC), Checks.get(admin.listConsumerGroups(stable).all()).stream()
            .map(one -> one.groupId()).toList());
    }

    private void description() {
        checks.add("describeConsumerGroups: of both protocols", () -> {
            try (var classic = member(checks, STATIC_CLASSIC, "classic", "instance");
                    var modern = member(checks, STATIC_MODERN, "consumer", "instance")) {
                var options = new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true);
                var told = Checks.get(admin.describeConsumerGroups(
                    List.of(STATIC_CLASSIC, STATIC_MODERN), options).all());
                for (ConsumerGroupDescription one : told.values()) {
                    Checks.same(GroupState.STABLE, one.groupState());
                    Checks.same(false, one.isSimpleConsumerGroup());
                    Checks.same("[ALTER_CONFIGS, DELETE, DESCRIBE, DESCRIBE_CONFIGS, READ]",
                        one.authorizedOperations().stream().map(Enum::name).sorted().toList().toString());
                    Checks.same(1, one.coordinator().id());
                    Checks.same(1, one.members().size());
                    MemberDescription only = one.members().iterator().next();
                    Checks.same("/127.0.0.1", only.host());
                    Checks.same("admin-member", only.clientId());
                    Checks.same(Optional.of("instance"), only.groupInstanceId());
                    Checks.same(Set.of(new TopicPartition("written", 0), new TopicPartition("written", 1)),
                        only.assignment().topicPartitions());
                }
                Checks.same(GroupType.CLASSIC, told.get(STATIC_CLASSIC).type());
                Checks.same("range", told.get(STATIC_CLASSIC).partitionAssignor());
                Checks.same(Optional.empty(), told.get(STATIC_CLASSIC).groupEpoch());
                Checks.same(GroupType.CONSUMER, told.get(STATIC_MODERN).type());
                Checks.same("uniform", told.get(STATIC_MODERN).partitionAssignor());
                MemberDescription only = told.get(STATIC_MODERN).members().iterator().next();
                Checks.same(only.memberEpoch(), told.get(STATIC_MODERN).groupEpoch());
                Checks.same(told.get(STATIC_MODERN).groupEpoch(), told.get(STATIC_MODERN).targetAssignmentEpoch());
                Checks.same(Optional.of(only.assignment()), only.targetAssignment());
                Checks.same(Optional.of(true), only.upgraded());
            }
        });
        checks.add("describeConsumerGroups: without members, and not there", () -> {
            var empty = Checks.get(admin.describeConsumerGroups(List.of("offsets-only")).all()).get("offsets-only");
            Checks.same(GroupState.EMPTY, empty.groupState());
            Checks.same(true, empty.isSimpleConsumerGroup());
            Checks.same(List.of(), List.copyOf(empty.members()));
            Checks.same(null, empty.authorizedOperations());
            Checks.fails(GroupIdNotFoundException.class,
                admin.describeConsumerGroups(List.of("no-such-group")).all());
        });
        checks.add("describeClassicGroups", () -> {
            try (var member = member(checks, CLASSIC, "classic", null);
                    var modern = member(checks, MODERN, "consumer", null)) {
                var options = new DescribeClassicGroupsOptions().includeAuthorizedOperations(true);
                ClassicGroupDescription told = Checks.get(
                    admin.describeClassicGroups(List.of(CLASSIC), options).all()).get(CLASSIC);
                Checks.same("consumer", told.protocol());
                Checks.same("range", told.protocolData());
                Checks.same("Stable", told.state().toString());
                Checks.same(1, told.members().size());
                Checks.is(told.authorizedOperations().size() > 2, "what may be done");
                Checks.fails(GroupIdNotFoundException.class, admin.describeClassicGroups(List.of(MODERN)).all());
                Checks.fails(GroupIdNotFoundException.class,
                    admin.describeClassicGroups(List.of("no-such-group")).all());
            }
        });
    }

    private void removal() {
        checks.add("deleteConsumerGroups: not those with members", () -> {
            commit(checks, "to-delete", 3);
            Checks.get(admin.deleteConsumerGroups(List.of("to-delete")).all());
            Checks.fails(GroupIdNotFoundException.class, admin.deleteConsumerGroups(List.of("to-delete")).all());
            try (var classic = member(checks, CLASSIC, "classic", null);
                    var modern = member(checks, MODERN, "consumer", null)) {
                for (String name : List.of(CLASSIC, MODERN)) {
                    Checks.fails(GroupNotEmptyException.class, admin.deleteConsumerGroups(List.of(name)).all());
                }
            }
            Checks.eventually(() -> membersOf(MODERN) == 0);
            Checks.get(admin.deleteConsumerGroups(List.of(MODERN)).all());
        });
        checks.add("removeMembersFromConsumerGroup: a static one, and all", () -> {
            for (String protocol : List.of("classic", "consumer")) {
                String group = "removed-" + protocol;
                try (var member = member(checks, group, protocol, "first")) {
                    var options = new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("first")));
                    options.reason("a check");
                    Checks.get(admin.removeMembersFromConsumerGroup(group, options).all());
                    Checks.eventually(() -> membersOf(group) == 0);
                }
                try (var member = member(checks, group, protocol, null)) {
                    Checks.get(admin.removeMembersFromConsumerGroup(group,
                        new RemoveMembersFromConsumerGroupOptions()).all());
                    Checks.eventually(() -> membersOf(group) == 0);
                }
            }
        });
        checks.add("removeMembersFromConsumerGroup: one that is not there", () ->
            Checks.fails(UnknownMemberIdException.class, admin.removeMembersFromConsumerGroup(
                "offsets-only", new RemoveMembersFromConsumerGroupOptions(
                    List.of(new MemberToRemove("nobody")))).all()));
    }

    private Set<String> listed(ListGroupsOptions options) throws Exception {
        return Checks.get(admin.listGroups(options).all()).stream()
            .map(GroupListing::groupId).collect(Collectors.toSet());
    }

    private int membersOf(String group) throws Exception {
        return Checks.get(admin.describeConsumerGroups(List.of(group)).all()).get(group).members().size();
    }

    /** A consumer that has all partitions of `written`. */
    static KafkaConsumer<String, String> member(Checks checks, String group, String protocol, String instance)
            throws Exception {
        Map<String, Object> config = new LinkedHashMap<>(Map.of(
            "bootstrap.servers", checks.bootstrap, "group.id", group, "client.id", "admin-member",
            "group.protocol", protocol, "enable.auto.commit", false, "auto.offset.reset", "earliest"));
        if (instance != null) config.put("group.instance.id", instance);
        var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer());
        consumer.subscribe(List.of("written"));
        Checks.eventually(() -> {
            consumer.poll(Duration.ofMillis(100));
            return consumer.assignment().size() == 2;
        });
        return consumer;
    }

    /** Commits an offset of the first partition of `written` from outside of the group. */
    static void commit(Checks checks, String group, long offset) {
        Map<String, Object> config = Map.of("bootstrap.servers", checks.bootstrap, "group.id", group);
        try (var consumer = new KafkaConsumer<>(config, new StringDeserializer(), new StringDeserializer())) {
            var at = new TopicPartition(group.equals("list-internal") ? "made" : "written", 0);
            consumer.assign(List.of(at));
            consumer.commitSync(Map.of(at, new OffsetAndMetadata(offset)));
        }
    }
}
