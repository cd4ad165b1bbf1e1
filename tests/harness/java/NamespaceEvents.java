import java.net.URI;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configured;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.hdfs.DFSInotifyEventInputStream;
import org.apache.hadoop.hdfs.client.HdfsAdmin;
import org.apache.hadoop.hdfs.inotify.Event;
import org.apache.hadoop.hdfs.inotify.EventBatch;
import org.apache.hadoop.util.Tool;

/** Prints what HdfsAdmin's event stream gives from a transaction on, until it has shown the last one named. */
public final class NamespaceEvents extends Configured implements Tool {
  @Override
  public int run(String[] args) throws Exception {
    long after = Long.parseLong(args[0]);
    long last = Long.parseLong(args[1]);
    URI uri = FileSystem.getDefaultUri(getConf());
    DFSInotifyEventInputStream events = new HdfsAdmin(uri, getConf()).getInotifyEventStream(after);
    while (true) {
      EventBatch batch = events.poll(20, TimeUnit.SECONDS);
      if (batch == null) {
        return 1;
      }
      for (Event event : batch.getEvents()) {
        System.out.println(event.toString().replace('\n', ' '));
      }
      if (batch.getTxid() >= last) {
        return 0;
      }
    }
  }
}
