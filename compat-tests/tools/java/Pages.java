import java.util.Objects;
import java.util.concurrent.ExecutionException;

/** Plays the pages of a tool one after another, and prints a line on how each went. */
final class Pages {
    interface Page {
        void play() throws Exception;
    }

    private int count = 0;

    void play(String name, Page page) {
        count++;
        long began = System.nanoTime();
        try {
            page.play();
            System.out.println("ok\t" + name + "\t" + (System.nanoTime() - began) / 1_000_000 + " ms");
        } catch (Throwable error) {
            Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
            String where = cause.getStackTrace().length > 0 ? lineOf(cause) : "";
            System.out.println("FAIL\t" + name + "\t" + String.valueOf(cause).replaceAll("\\s+", " ") + where);
        }
    }

    /** Says that the program came to its end. */
    void end() {
        System.out.println("done\t" + count);
        System.out.flush();
        // Threads of clients must not keep the program.
        System.exit(0);
    }

    private static String lineOf(Throwable cause) {
        for (StackTraceElement element : cause.getStackTrace()) {
            boolean ours = element.getClassName().matches("(Kafbat|Akhq).*");
            if (ours) return " at " + element.getFileName() + ":" + element.getLineNumber();
        }
        return "";
    }

    static void check(boolean holds, Object what) {
        if (!holds) throw new AssertionError(what);
    }

    static void same(Object actual, Object expected, String what) {
        check(Objects.equals(actual, expected), what + " is " + actual + ", not " + expected);
    }

    /** Plays it again until it holds: Apache Kafka takes a moment to tell its broker what has changed. */
    static void soon(Page page) throws Exception {
        for (int attempt = 0; ; attempt++) {
            try {
                page.play();
                return;
            } catch (AssertionError notYet) {
                if (attempt == 100) throw notYet;
                Thread.sleep(50);
            }
        }
    }

    /** Runs what must fail, and gives why it did. */
    static <E extends Throwable> E fails(Class<E> type, Page page) {
        try {
            page.play();
        } catch (Throwable error) {
            Throwable cause = error instanceof ExecutionException ? error.getCause() : error;
            if (type.isInstance(cause)) return type.cast(cause);
            throw new AssertionError("failed with " + cause + " instead of " + type.getSimpleName(), cause);
        }
        throw new AssertionError("did not fail with " + type.getSimpleName());
    }
}
