import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.util.Tool;
import org.apache.hadoop.util.ToolRunner;

/**
 * Runs Hadoop's command line tools one after the other in one JVM. A request is a line on standard input: class
 * name and arguments with NUL between them. The answer is "EXIT_CODE OUT_BYTES ERR_BYTES\n" and then these bytes.
 */
public final class ToolServer {
  public static void main(String[] unused) throws Exception {
    PrintStream answers = System.out;
    InputStream requests = new BufferedInputStream(System.in);
    for (String line = readLine(requests); line != null; line = readLine(requests)) {
      String[] words = line.split("\0", -1);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      int code = run(words[0], Arrays.copyOfRange(words, 1, words.length), out, err);
      answers.print(code + " " + out.size() + " " + err.size() + "\n");
      answers.write(out.toByteArray());
      answers.write(err.toByteArray());
      answers.flush();
    }
    // Some tools leave threads behind.
    Runtime.getRuntime().halt(0);
  }

  private static int run(String tool, String[] args, ByteArrayOutputStream out, ByteArrayOutputStream err) {
    PrintStream oldOut = System.out;
    PrintStream oldErr = System.err;
    System.setOut(new PrintStream(out, true));
    System.setErr(new PrintStream(err, true));
    try {
      HdfsConfiguration conf = new HdfsConfiguration();
      Tool instance = (Tool) newInstance(Class.forName(tool), conf);
      instance.setConf(conf);
      return ToolRunner.run(conf, instance, args);
    } catch (Throwable e) {
      e.printStackTrace(System.err);
      return 255;
    } finally {
      System.out.flush();
      System.err.flush();
      System.setOut(oldOut);
      System.setErr(oldErr);
    }
  }

  /** Some tools want their configuration at once. */
  private static Object newInstance(Class<?> tool, Configuration conf) throws Exception {
    try {
      return tool.getDeclaredConstructor().newInstance();
    } catch (NoSuchMethodException e) {
      return tool.getConstructor(Configuration.class).newInstance(conf);
    }
  }

  private static String readLine(InputStream in) throws Exception {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        return null;
      }
      line.write(c);
    }
    return new String(line.toByteArray(), StandardCharsets.UTF_8);
  }
}
