import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs Kafka's command line tools in one JVM, for a start of one costs seconds. A line on standard
 * input is a tool with its arguments, in base64 with zeros between them; a line on standard output
 * is the exit code, standard output and standard error, the latter two in base64.
 */
public final class ToolRunner {
  private static final Map<String, String> TOOLS = Map.of(
      "topics", "org.apache.kafka.tools.TopicCommand",
      "configs", "kafka.admin.ConfigCommand",
      "groups", "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand");

  private static CompletableFuture<Integer> exit;

  public static void main(String[] arguments) throws Exception {
    PrintStream answers = System.out;
    Exit.setExitProcedure((code, message) -> leave(code));
    Exit.setHaltProcedure((code, message) -> leave(code));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String words = new String(Base64.getDecoder().decode(line), StandardCharsets.UTF_8);
      String[] command = words.split("\0", -1);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      System.setOut(new PrintStream(out, true));
      System.setErr(new PrintStream(err, true));
      int code = run(command);
      answers.println(code + " " + encoded(out) + " " + encoded(err));
      answers.flush();
    }
    Runtime.getRuntime().halt(0);
  }

  private static int run(String[] command) throws Exception {
    exit = new CompletableFuture<>();
    Method main = Class.forName(TOOLS.get(command[0])).getMethod("main", String[].class);
    Thread thread = new Thread(() -> {
      try {
        main.invoke(null, (Object) Arrays.copyOfRange(command, 1, command.length));
        exit.complete(0);
      } catch (InvocationTargetException error) {
        System.err.print("Exception in thread \"main\" ");
        error.getCause().printStackTrace();
        exit.complete(1);
      } catch (ReflectiveOperationException error) {
        exit.completeExceptionally(error);
      }
    });
    thread.setDaemon(true);
    thread.start();
    return exit.get();
  }

  /** A tool that exits does nothing more: neither a catch nor a finally of its own. */
  private static void leave(int code) {
    exit.complete(code);
    for (;;) LockSupport.park();
  }

  private static String encoded(ByteArrayOutputStream bytes) {
    return "=" + Base64.getEncoder().encodeToString(bytes.toByteArray());
  }
}
