import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.FeatureMetadata;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.UpdateFeaturesOptions;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidReplicaAssignmentException;
import org.apache.kafka.common.errors.InvalidUpdateVersionException;
import org.apache.kafka.common.errors.MismatchedEndpointTypeException;
import org.apache.kafka.common.errors.NoReassignmentInProgressException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** The cluster, its features, its quorum, its leaders, and the client's own metrics. */
final class ClusterAdminChecks {
    private static final TopicPartition WRITTEN = new TopicPartition("written", 0);
    private static final TopicPartition NOWHERE = new TopicPartition("nowhere", 0);

    private final Checks checks;
    private final Admin admin;

    ClusterAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        cluster();
        features();
        leaders();
        reassignments();
        telemetry();
    }

    private void cluster() {
        checks.add("describeCluster: nodes, controller, id, what may be done", () -> {
            var told = admin.describeCluster(new DescribeClusterOptions().includeAuthorizedOperations(true));
            var nodes = Checks.get(told.nodes());
            Checks.same(1, nodes.size());
            Node node = nodes.iterator().next();
            Checks.same("1 " + checks.bootstrap.replaceAll(".*:", ""), node.id() + " " + node.port());
            Checks.is(!node.isFenced() && !node.hasRack(), "neither fenced nor in a rack");
            Checks.same(1, Checks.get(told.controller()).id());
            Checks.same(22, Checks.get(told.clusterId()).length());
            Checks.same("[ALTER, ALTER_CONFIGS, CLUSTER_ACTION, CREATE, DESCRIBE, DESCRIBE_CONFIGS, IDEMPOTENT_WRITE]",
                Checks.get(told.authorizedOperations()).stream().map(Enum::name).sorted().toList().toString());
            Checks.same(null, Checks.get(admin.describeCluster().authorizedOperations()));
        });
        checks.add("describeCluster: with those that are fenced", () -> {
            var told = admin.describeCluster(new DescribeClusterOptions().includeFencedBrokers(true));
            Checks.same(List.of(1), Checks.get(told.nodes()).stream().map(Node::id).toList());
        });
        checks.add("describeCluster: a broker is not a controller", () -> {
            try (var other = Admin.create(Map.of("bootstrap.controllers", checks.bootstrap))) {
                Checks.fails(MismatchedEndpointTypeException.class, other.describeCluster().nodes());
            }
        });
        checks.add("describeMetadataQuorum", () -> {
            QuorumInfo told = Checks.get(admin.describeMetadataQuorum().quorumInfo());
            Checks.same(1, told.leaderId());
            Checks.same(List.of(1), told.voters().stream().map(QuorumInfo.ReplicaState::replicaId).toList());
            Checks.same(List.of(), told.observers());
            Checks.is(told.highWatermark() > 0 && told.leaderEpoch() > 0, "how far it is: " + told);
            Checks.is(told.voters().get(0).logEndOffset() >= told.highWatermark(), "the log's end: " + told);
            Checks.same(Set.of(1), told.nodes().keySet());
        });
        checks.add("unregisterBroker: one that is not there", () ->
            Checks.fails(BrokerIdNotRegisteredException.class, admin.unregisterBroker(77).all()));
    }

    private void features() {
        checks.add("describeFeatures", () -> {
            FeatureMetadata told = Checks.get(admin.describeFeatures().featureMetadata());
            Checks.same((short) 1, told.finalizedFeatures().get("group.version").maxVersionLevel());
            Checks.same((short) 1, told.supportedFeatures().get("group.version").maxVersion());
            short level = told.finalizedFeatures().get("metadata.version").maxVersionLevel();
            Checks.same(level, told.supportedFeatures().get("metadata.version").maxVersion());
            Checks.is(told.finalizedFeaturesEpoch().orElse(-1L) >= 0, "an epoch");
        });
        checks.add("updateFeatures: to where it is, to what is not, only validated", () -> {
            short level = level("metadata.version");
            update("metadata.version", level, FeatureUpdate.UpgradeType.UPGRADE, false);
            update("group.version", (short) 0, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE, true);
            Checks.same((short) 1, level("group.version"));
            Checks.fails(InvalidUpdateVersionException.class, updating("metadata.version",
                (short) (level - 1), FeatureUpdate.UpgradeType.SAFE_DOWNGRADE, false));
            Checks.fails(InvalidUpdateVersionException.class,
                updating("metadata.version", (short) 200, FeatureUpdate.UpgradeType.UPGRADE, false));
            Checks.fails(InvalidUpdateVersionException.class,
                updating("group.version", (short) 7, FeatureUpdate.UpgradeType.UPGRADE, false));
            Checks.fails(InvalidUpdateVersionException.class,
                updating("no.such", (short) 1, FeatureUpdate.UpgradeType.UPGRADE, false));
            Checks.fails(InvalidUpdateVersionException.class, updating("metadata.version",
                (short) (level - 1), FeatureUpdate.UpgradeType.UPGRADE, true));
        });
        checks.add("updateFeatures: down and up again", () -> {
            update("group.version", (short) 0, FeatureUpdate.UpgradeType.SAFE_DOWNGRADE, false);
            Checks.eventually(() -> !isFinalized("group.version"));
            update("group.version", (short) 1, FeatureUpdate.UpgradeType.UPGRADE, false);
            Checks.eventually(() -> isFinalized("group.version") && level("group.version") == 1);
        });
    }

    private void leaders() {
        checks.add("electLeaders: nothing to elect", () -> {
            for (ElectionType type : ElectionType.values()) {
                var outcome = Checks.get(admin.electLeaders(type, Set.of(WRITTEN, NOWHERE)).partitions());
                Checks.isMeant(ElectionNotNeededException.class, outcome.get(WRITTEN).orElseThrow());
                Checks.isMeant(UnknownTopicOrPartitionException.class, outcome.get(NOWHERE).orElseThrow());
            }
            Checks.same(Map.of(), Checks.get(admin.electLeaders(ElectionType.PREFERRED, null).partitions()));
        });
    }

    private void reassignments() {
        checks.add("alterPartitionReassignments, listPartitionReassignments", () -> {
            Checks.get(admin.alterPartitionReassignments(Map.of(WRITTEN,
                Optional.of(new NewPartitionReassignment(List.of(1))))).all());
            Checks.same(Map.of(), Checks.get(admin.listPartitionReassignments().reassignments()));
            Checks.same(Map.of(), Checks.get(
                admin.listPartitionReassignments(Set.of(WRITTEN)).reassignments()));
        });
        checks.add("alterPartitionReassignments: to give up none, to nobody, of nothing", () -> {
            Checks.fails(NoReassignmentInProgressException.class,
                admin.alterPartitionReassignments(Map.of(WRITTEN, Optional.empty())).all());
            Checks.fails(InvalidReplicaAssignmentException.class, admin.alterPartitionReassignments(
                Map.of(WRITTEN, Optional.of(new NewPartitionReassignment(List.of(9))))).all());
            Checks.fails(InvalidReplicaAssignmentException.class, admin.alterPartitionReassignments(
                Map.of(WRITTEN, Optional.of(new NewPartitionReassignment(List.of(1, 1))))).all());
            Checks.fails(UnknownTopicOrPartitionException.class, admin.alterPartitionReassignments(
                Map.of(NOWHERE, Optional.of(new NewPartitionReassignment(List.of(1))))).all());
        });
    }

    private void telemetry() {
        checks.add("metrics and clientInstanceId: what the client measures is asked for and sent", () -> {
            Checks.is(admin.metrics().size() > 10, "metrics");
            var all = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "all");
            Checks.get(admin.incrementalAlterConfigs(Map.of(all, List.of(
                ConfigAdminChecks.set("interval.ms", "100"),
                ConfigAdminChecks.set("metrics", "org.apache.kafka.admin.")))).all());
            try (var other = Admin.create(Map.of("bootstrap.servers", checks.bootstrap,
                    "enable.metrics.push", true))) {
                Uuid id = other.clientInstanceId(Duration.ofSeconds(20));
                Checks.is(!id.equals(Uuid.ZERO_UUID), "an id");
                Checks.same(id, other.clientInstanceId(Duration.ofSeconds(20)));
            }
            Checks.get(admin.incrementalAlterConfigs(Map.of(all, List.of(
                ConfigAdminChecks.op("interval.ms", "", OpType.DELETE),
                ConfigAdminChecks.op("metrics", "", OpType.DELETE)))).all());
        });
    }

    private short level(String feature) throws Exception {
        return Checks.get(admin.describeFeatures().featureMetadata())
            .finalizedFeatures().get(feature).maxVersionLevel();
    }

    private boolean isFinalized(String feature) throws Exception {
        return Checks.get(admin.describeFeatures().featureMetadata()).finalizedFeatures().containsKey(feature);
    }

    private Future<Void> updating(String feature, short level,
            FeatureUpdate.UpgradeType type, boolean validateOnly) {
        return admin.updateFeatures(Map.of(feature, new FeatureUpdate(level, type)),
            new UpdateFeaturesOptions().validateOnly(validateOnly)).all();
    }

    private void update(String feature, short level, FeatureUpdate.UpgradeType type, boolean validateOnly)
            throws Exception {
        Checks.get(updating(feature, level, type, validateOnly));
    }
}
