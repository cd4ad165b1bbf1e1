import java.net.URI;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.hdfs.HdfsConfiguration;

/** Writes and reads small files with stock Hadoop's client; small_files.cc says the arguments and the output. */
public final class SmallFiles {
  private interface Work {
    void of(int number) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    FileSystem files = FileSystem.get(URI.create(args[0]), new HdfsConfiguration());
    String root = args[1];
    int count = Integer.parseInt(args[2]);
    int threads = Integer.parseInt(args[3]);
    byte[] bytes = new byte[Integer.parseInt(args[4])];
    int warmUp = Integer.parseInt(args[5]);
    Work write = number -> {
      try (FSDataOutputStream out = files.create(new Path(root, "f" + number), true)) {
        out.write(bytes);
      }
    };
    Work read = number -> {
      try (FSDataInputStream in = files.open(new Path(root, "f" + number))) {
        byte[] got = new byte[bytes.length];
        in.readFully(got);
      }
    };
    files.mkdirs(new Path(root));
    measure(null, write, warmUp, threads);
    measure("write", write, count, threads);
    measure(null, read, Math.max(warmUp, count / 2), threads);
    measure("read", read, count, threads);
    Runtime.getRuntime().halt(0);
  }

  private static void measure(String name, Work work, int count, int threads) throws Exception {
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<?>> parts = new ArrayList<>();
    long begun = System.nanoTime();
    for (int t = 0; t < threads; ++t) {
      int first = t;
      parts.add(pool.submit(() -> {
        for (int i = first; i < count; i += threads) work.of(i);
        return null;
      }));
    }
    for (Future<?> part : parts) part.get();
    double seconds = (System.nanoTime() - begun) / 1e9;
    pool.shutdown();
    if (name != null) System.out.println(name + " " + seconds);
    System.out.flush();
  }
}
