import java.time.Duration;
import java.util.List;

/**
 * Every method of Java's Admin client that one broker can answer, each in a check of its own with what
 * Apache Kafka answers. A line per check: "ok" or "FAIL", its name, the reason, with tabs between.
 * Arguments: bootstrap, the two data directories of the broker, and a text that names must hold.
 */
public final class AdminChecks {
    private AdminChecks() {}

    public static void main(String[] args) {
        Checks checks = new Checks(args[0], List.of(args[1], args[2]));
        new TopicAdminChecks(checks).add();
        new ConfigAdminChecks(checks).add();
        new BrokerConfigAdminChecks(checks).add();
        new RecordAdminChecks(checks).add();
        new GroupAdminChecks(checks).add();
        new OffsetAdminChecks(checks).add();
        new ClusterAdminChecks(checks).add();
        new QuotaAdminChecks(checks).add();
        int failed = checks.run(args.length > 3 ? args[3] : "");
        checks.admin.close(Duration.ofSeconds(5));
        System.exit(failed > 0 ? 1 : 0);
    }
}
