import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterClientQuotasOptions;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaAlteration.Op;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;

/** alterClientQuotas, describeClientQuotas. */
final class QuotaAdminChecks {
    private static final ClientQuotaEntity ALICE = entity(ClientQuotaEntity.USER, "alice");
    private static final ClientQuotaEntity ANYBODY = entity(ClientQuotaEntity.USER, null);
    private static final ClientQuotaEntity APP = new ClientQuotaEntity(Map.of(
        ClientQuotaEntity.USER, "alice", ClientQuotaEntity.CLIENT_ID, "app"));
    private static final ClientQuotaEntity ADDRESS = entity(ClientQuotaEntity.IP, "10.1.2.3");

    private final Checks checks;
    private final Admin admin;

    QuotaAdminChecks(Checks checks) {
        this.checks = checks;
        this.admin = checks.admin;
    }

    void add() {
        checks.add("alterClientQuotas, describeClientQuotas: of users, clients and addresses", () -> {
            Checks.get(admin.alterClientQuotas(List.of(
                alteration(ALICE, new Op("producer_byte_rate", 5000.0), new Op("request_percentage", 50.0)),
                alteration(ANYBODY, new Op("producer_byte_rate", 9e9)),
                alteration(ADDRESS, new Op("connection_creation_rate", 70.0)),
                alteration(APP, new Op("consumer_byte_rate", 6000.0)))).all());
            Checks.eventually(() -> told(ClientQuotaFilter.all()).size() == 4);
        });
        checks.add("describeClientQuotas: exactly, by kind, the default", () -> {
            var alice = ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.USER, "alice");
            Checks.same(Map.of(ALICE, Map.of("producer_byte_rate", 5000.0, "request_percentage", 50.0)),
                told(ClientQuotaFilter.containsOnly(List.of(alice))));
            Checks.same(2, told(ClientQuotaFilter.contains(List.of(alice))).size());
            var anyUser = ClientQuotaFilterComponent.ofEntityType(ClientQuotaEntity.USER);
            Checks.same(3, told(ClientQuotaFilter.contains(List.of(anyUser))).size());
            var nobody = ClientQuotaFilterComponent.ofDefaultEntity(ClientQuotaEntity.USER);
            Checks.same(Map.of(ANYBODY, Map.of("producer_byte_rate", 9e9)),
                told(ClientQuotaFilter.containsOnly(List.of(nobody))));
            var address = ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.IP, "10.1.2.3");
            Checks.same(Map.of(ADDRESS, Map.of("connection_creation_rate", 70.0)),
                told(ClientQuotaFilter.contains(List.of(address))));
        });
        checks.add("alterClientQuotas, describeClientQuotas: what cannot be", () -> {
            Checks.fails(InvalidRequestException.class, altering(alteration(ALICE, new Op("no_such_quota", 1.0))));
            Checks.fails(InvalidRequestException.class,
                altering(alteration(ALICE, new Op("producer_byte_rate", -1.0))));
            Checks.fails(InvalidRequestException.class,
                altering(alteration(ALICE, new Op("producer_byte_rate", 1.5))));
            Checks.fails(InvalidRequestException.class,
                altering(alteration(entity("planet", "mars"), new Op("producer_byte_rate", 1.0))));
            Checks.fails(InvalidRequestException.class,
                altering(alteration(ALICE, new Op("connection_creation_rate", 1.0))));
            Checks.fails(org.apache.kafka.common.errors.UnsupportedVersionException.class,
                admin.describeClientQuotas(ClientQuotaFilter.contains(List.of(
                    ClientQuotaFilterComponent.ofEntityType("planet")))).entities());
        });
        checks.add("alterClientQuotas: only validated, and taken away", () -> {
            Checks.get(admin.alterClientQuotas(List.of(alteration(ALICE, new Op("producer_byte_rate", 1.0))),
                new AlterClientQuotasOptions().validateOnly(true)).all());
            Checks.same(4, told(ClientQuotaFilter.all()).size());
            Checks.get(altering(
                alteration(ALICE, new Op("producer_byte_rate", null), new Op("request_percentage", null)),
                alteration(ANYBODY, new Op("producer_byte_rate", null)),
                alteration(ADDRESS, new Op("connection_creation_rate", null)),
                alteration(APP, new Op("consumer_byte_rate", null))));
            Checks.eventually(() -> told(ClientQuotaFilter.all()).isEmpty());
        });
    }

    private Map<ClientQuotaEntity, Map<String, Double>> told(ClientQuotaFilter filter) throws Exception {
        return Checks.get(admin.describeClientQuotas(filter).entities());
    }

    private Future<Void> altering(ClientQuotaAlteration... alterations) {
        return admin.alterClientQuotas(List.of(alterations)).all();
    }

    private static ClientQuotaAlteration alteration(ClientQuotaEntity entity, Op... ops) {
        return new ClientQuotaAlteration(entity, List.of(ops));
    }

    private static ClientQuotaEntity entity(String type, String name) {
        Map<String, String> entries = new HashMap<>();
        entries.put(type, name);
        return new ClientQuotaEntity(entries);
    }
}
