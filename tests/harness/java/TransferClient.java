import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.HdfsConfiguration;

/** Stock Hadoop's client as a client of `tools/dev bench data`: the jobs of transfer_client.cc. */
public final class TransferClient {
  private static final int PIECE_BYTES = 1 << 20;

  public static void main(String[] unused) throws Exception {
    FileSystem files = FileSystem.get(new HdfsConfiguration());
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      System.out.println(run(files, line.split(" ")));
      System.out.flush();
    }
    Runtime.getRuntime().halt(0);
  }

  private static double cpuSeconds() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime() / 1e9;
  }

  private static String run(FileSystem files, String[] words) throws InterruptedException {
    long bytes = Long.parseLong(words[3]);
    double[] took = new double[Integer.parseInt(words[2])];
    AtomicReference<String> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    double cpu = cpuSeconds();
    long began = System.nanoTime();
    for (int i = 0; i < took.length; i++) {
      int stream = i;
      Thread thread = new Thread(() -> {
        try {
          Path path = new Path(words[1] + "-" + stream);
          if (words[0].equals("write")) {
            write(files, path, bytes, Short.parseShort(words[4]));
          } else {
            read(files, path, bytes);
          }
        } catch (Throwable e) {
          failure.compareAndSet(null, e.toString().replace('\n', ' '));
        }
        took[stream] = (System.nanoTime() - began) / 1e9;
      });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      return "error " + failure.get();
    }
    double seconds = (System.nanoTime() - began) / 1e9;
    return "{\"seconds\": " + seconds + ", \"cpu_seconds\": " + (cpuSeconds() - cpu) + ", \"streams\": ["
        + Arrays.stream(took).mapToObj(String::valueOf).collect(Collectors.joining(", ")) + "]}";
  }

  private static void write(FileSystem files, Path path, long bytes, short replication) throws IOException {
    byte[] piece = new byte[PIECE_BYTES];
    for (int i = 0; i < piece.length; i++) {
      piece[i] = (byte) (i * 131 >> 3);
    }
    try (FSDataOutputStream out =
        files.create(path, true, 4096, replication, files.getDefaultBlockSize(path))) {
      for (long rest = bytes; rest > 0; rest -= piece.length) {
        out.write(piece, 0, (int) Math.min(rest, piece.length));
      }
    }
  }

  private static void read(FileSystem files, Path path, long bytes) throws IOException {
    byte[] piece = new byte[PIECE_BYTES];
    long total = 0;
    try (FSDataInputStream in = files.open(path)) {
      for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
        total += count;
      }
    }
    if (total != bytes) {
      throw new IOException(path + " has " + total + " bytes, not " + bytes);
    }
  }
}
