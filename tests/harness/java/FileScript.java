import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;

/** Stock Hadoop's client driven line by line; the language is described in file_script.cc. */
public final class FileScript {
  private final DistributedFileSystem files;
  private final String path;
  private FSDataOutputStream out;
  private FSDataInputStream in;

  private FileScript(DistributedFileSystem files, String path) {
    this.files = files;
    this.path = path;
  }

  public static void main(String[] unused) throws Exception {
    DistributedFileSystem files = (DistributedFileSystem) DistributedFileSystem.get(new HdfsConfiguration());
    Map<String, FileScript> scripts = new HashMap<>();
    Map<String, ExecutorService> threads = new HashMap<>();
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words = line.split(" ");
      FileScript script = scripts.computeIfAbsent(words[0], path -> new FileScript(files, path));
      threads.computeIfAbsent(words[0], path -> Executors.newSingleThreadExecutor()).execute(() -> script.answer(words));
    }
    Runtime.getRuntime().halt(0);
  }

  private void answer(String[] words) {
    String text;
    try {
      text = "ok " + run(words);
    } catch (Throwable e) {
      text = "error " + e.getClass().getName() + ": " + String.valueOf(e.getMessage()).replace('\n', ' ');
    }
    synchronized (System.out) {
      System.out.println(path + " " + text);
      System.out.flush();
    }
  }

  private static byte byteAt(long place) {
    return (byte) (place ^ place >> 8 ^ place >> 16);
  }

  private long run(String[] words) throws Exception {
    switch (words[1]) {
      case "create":
        out = files.create(new Path(path), true, 4096, Short.parseShort(words[2]), Long.parseLong(words[3]));
        return 0;
      case "append":
        out = files.append(new Path(path));
        return out.getPos();
      case "write":
        byte[] bytes = new byte[Integer.parseInt(words[2])];
        for (int i = 0; i < bytes.length; i++) {
          bytes[i] = byteAt(out.getPos() + i);
        }
        out.write(bytes);
        return out.getPos();
      case "hflush":
        out.hflush();
        return out.getPos();
      case "hsync":
        out.hsync();
        return out.getPos();
      case "close":
        out.close();
        return out.getPos();
      case "open":
        in = files.open(new Path(path));
        return 0;
      case "read":
        return read(Integer.parseInt(words[2]));
      case "recover":
        return files.recoverLease(new Path(path)) ? 1 : 0;
      default:
        throw new IOException("no such command: " + words[1]);
    }
  }

  private long read(int count) throws IOException {
    byte[] bytes = new byte[count];
    long place = in.getPos();
    int done = 0;
    while (done < count) {
      int part = in.read(bytes, done, count - done);
      if (part < 0) {
        break;
      }
      done += part;
    }
    for (int i = 0; i < done; i++) {
      if (bytes[i] != byteAt(place + i)) {
        throw new IOException("a wrong byte at " + (place + i));
      }
    }
    return done;
  }
}
