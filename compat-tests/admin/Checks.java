import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;

/** Claims about a broker by name, in order, and what they are made of. */
final class Checks {
    /** Nothing is waited for longer: a slow machine needs some of it. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    final String bootstrap;
    /** The two data directories of the broker. */
    final List<String> logDirs;
    final Admin admin;
    private final Map<String, Check> byName = new LinkedHashMap<>();

    interface Check {
        void run() throws Exception;
    }

    interface Question {
        boolean ask() throws Exception;
    }

    Checks(String bootstrap, List<String> logDirs) {
        this.bootstrap = bootstrap;
        this.logDirs = logDirs;
        this.admin = Admin.create(Map.of("bootstrap.servers", bootstrap));
    }

    void add(String name, Check check) {
        if (byName.put(name, check) != null) throw new IllegalArgumentException(name + " is there twice");
    }

    /** Runs those whose name holds the text, a line for each; how many failed. */
    int run(String only) {
        int failed = 0;
        for (var entry : byName.entrySet()) {
            if (!entry.getKey().contains(only)) continue;
            String outcome = outcomeOf(entry.getValue());
            if (!outcome.isEmpty()) failed++;
            System.out.println((outcome.isEmpty() ? "ok\t" : "FAIL\t") + entry.getKey() + "\t" + outcome);
        }
        return failed;
    }

    private static String outcomeOf(Check check) {
        try {
            check.run();
            return "";
        } catch (Throwable error) {
            Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
            StackTraceElement at = List.of(cause.getStackTrace()).stream()
                .filter(frame -> frame.getFileName() != null && frame.getFileName().endsWith("AdminChecks.java"))
                .findFirst().orElse(null);
            return (cause + (at == null ? "" : " at " + at.getFileName() + ":" + at.getLineNumber()))
                .replaceAll("\\s+", " ");
        }
    }

    static void eventually(Question question) throws Exception {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!question.ask()) {
            is(System.nanoTime() < deadline, "it has not come true in time");
            Thread.sleep(20);
        }
    }

    static <T> T get(Future<T> future) throws Exception {
        try {
            return future.get();
        } catch (ExecutionException error) {
            throw error.getCause() instanceof Exception cause ? cause : error;
        }
    }

    /** The answer is exactly this exception, with words for people; which words, is the broker's own affair. */
    static void fails(Class<? extends Throwable> expected, Future<?> future) throws Exception {
        isMeant(expected, errorOf(future));
    }

    /** As `fails`, where Apache Kafka says nothing about it. */
    static void failsWordless(Class<? extends Throwable> expected, Future<?> future) throws Exception {
        Throwable actual = errorOf(future);
        same(expected + ":", actual.getClass() + ":" + actual.getMessage());
    }

    static void isMeant(Class<? extends Throwable> expected, Throwable actual) {
        String words = actual.getMessage();
        boolean isMeant = actual.getClass() == expected && words != null && !words.isBlank();
        is(isMeant, expected.getSimpleName() + " expected, got " + actual);
    }

    private static Throwable errorOf(Future<?> future) throws InterruptedException {
        try {
            Object answer = future.get();
            throw new AssertionError("an error expected, got " + answer);
        } catch (ExecutionException error) {
            return error.getCause();
        }
    }

    static void same(Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new AssertionError("expected " + expected + ", got " + actual);
        }
    }

    static void is(boolean claim, String what) {
        if (!claim) throw new AssertionError("not so: " + what);
    }
}
