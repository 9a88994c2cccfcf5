import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One process for all that is asked, for most of a program's time here is its start. A line of input is
 * `{id, program, args}`, and has a thread of its own; lines of output are `{id, said}`, any number of
 * them, and at last `{id, failed}`, null if it did not.
 */
public final class Server {
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in));
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            JsonNode asked = JSON.readTree(line);
            Thread thread = new Thread(() -> answer(asked));
            thread.setDaemon(true);
            thread.start();
        }
        System.exit(0);
    }

    private static void answer(JsonNode asked) {
        int id = asked.get("id").asInt();
        String[] args = JSON.convertValue(asked.get("args"), String[].class);
        Object failed = null;
        try {
            if (asked.get("program").asText().equals("Inspect")) say(id, "said", Inspect.all(Arrays.asList(args)));
            else Traffic.run(args[0], args[1], args[2], said -> say(id, "said", said));
        } catch (Throwable error) {
            StackTraceElement[] trace = error.getStackTrace();
            failed = error + " " + Arrays.toString(Arrays.copyOf(trace, Math.min(trace.length, 12)));
        }
        say(id, "failed", failed);
    }

    private static synchronized void say(int id, String what, Object content) {
        try {
            Map<String, Object> line = new HashMap<>(Map.of("id", id));
            line.put(what, content);
            System.out.println(JSON.writeValueAsString(line));
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }
}
