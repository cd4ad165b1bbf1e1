import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.PrivilegedExceptionAction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.fs.ContentSummary;
import org.apache.hadoop.fs.CreateFlag;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Options;
import org.apache.hadoop.fs.PartialListing;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.QuotaUsage;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.fs.StorageType;
import org.apache.hadoop.fs.XAttrSetFlag;
import org.apache.hadoop.fs.permission.AclEntry;
import org.apache.hadoop.fs.permission.AclStatus;
import org.apache.hadoop.fs.permission.FsAction;
import org.apache.hadoop.fs.permission.FsPermission;
import org.apache.hadoop.hdfs.DistributedFileSystem;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.client.HdfsDataOutputStream;
import org.apache.hadoop.hdfs.protocol.BlockStoragePolicy;
import org.apache.hadoop.hdfs.protocol.CachePoolInfo;
import org.apache.hadoop.hdfs.protocol.ErasureCodingPolicyInfo;
import org.apache.hadoop.ipc.RemoteException;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Carries out calls of the Java client that standard input names, one on each line: user, method and arguments with tabs
 * between them. What each comes to is one line of standard output: the result as text, or the exception's class and the
 * first line of its message. Times, addresses and identifiers are left out, so that two clusters can be compared.
 */
public final class ClientCalls {
  private final TreeMap<String, DistributedFileSystem> byUser = new TreeMap<>();
  private final ProtocolCalls protocols = new ProtocolCalls();

  public static void main(String[] unused) throws Exception {
    ClientCalls calls = new ClientCalls();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(calls.outcome(line.split("\t", -1)).replace("\n", "\\n"));
    }
    System.exit(0);
  }

  private String outcome(String[] words) {
    try {
      if (words[1].equals("rpc")) {  // protocol, method, request
        return protocols.call(user(words[0]), words[2], words[3], words[4]);
      }
      return call(as(words[0]), words[1], Arrays.copyOfRange(words, 2, words.length));
    } catch (Throwable e) {
      String message = String.valueOf(e.getMessage());
      int end = message.indexOf('\n');
      String name = e instanceof RemoteException ? ((RemoteException) e).getClassName() : e.getClass().getName();
      return name + ": " + (end < 0 ? message : message.substring(0, end));
    }
  }

  private DistributedFileSystem as(String user) throws Exception {
    if (!byUser.containsKey(user)) {
      byUser.put(user, user(user).doAs((PrivilegedExceptionAction<DistributedFileSystem>) () ->
          (DistributedFileSystem) FileSystem.newInstance(new HdfsConfiguration())));
    }
    return byUser.get(user);
  }

  private static UserGroupInformation user(String name) throws Exception {
    return name.isEmpty() ? UserGroupInformation.getLoginUser() : UserGroupInformation.createRemoteUser(name);
  }

  private static StorageType type(String name) {
    return StorageType.valueOf(name);
  }

  private static long quota(String text) {
    return text.equals("keep") ? Long.MAX_VALUE : text.equals("clear") ? -1 : Long.parseLong(text);
  }

  private static String show(AclStatus status) {
    return status.getPermission() + " " + status.isStickyBit() + " " + status.getEntries();
  }

  private static String show(QuotaUsage usage) {
    StringBuilder text = new StringBuilder(usage.getFileAndDirectoryCount() + "/" + usage.getQuota() + " "
        + usage.getSpaceConsumed() + "/" + usage.getSpaceQuota());
    for (StorageType type : StorageType.getTypesSupportingQuota()) {
      text.append(" ").append(type).append("=").append(usage.getTypeConsumed(type)).append("/")
          .append(usage.getTypeQuota(type));
    }
    return text.toString();
  }

  private static String show(Map<String, byte[]> attributes) {
    StringBuilder text = new StringBuilder("{");
    for (Map.Entry<String, byte[]> entry : new TreeMap<>(attributes).entrySet()) {
      byte[] value = entry.getValue();
      text.append(entry.getKey()).append("=").append(value == null ? "null" : new String(value, StandardCharsets.UTF_8))
          .append(" ");
    }
    return text.append("}").toString();
  }

  private String call(DistributedFileSystem fs, String method, String[] a) throws Exception {
    Path path = a.length > 0 && a[0].startsWith("/") ? new Path(a[0]) : null;
    switch (method) {
      case "mkdirs":
        return String.valueOf(fs.mkdirs(path, new FsPermission(Short.parseShort(a[1], 8))));
      case "write": {  // path, bytes, block size, replication
        try (FSDataOutputStream out = fs.create(path, FsPermission.createImmutable((short) 0666), true, 4096,
            Short.parseShort(a[3]), Long.parseLong(a[2]), null)) {
          out.write(new byte[Integer.parseInt(a[1])]);
        }
        return "written";
      }
      case "hold": {  // a file that stays open, with some bytes hflushed
        FSDataOutputStream out = fs.create(path, FsPermission.createImmutable((short) 0666), true, 4096,
            Short.parseShort(a[3]), Long.parseLong(a[2]), null);
        out.write(new byte[Integer.parseInt(a[1])]);
        ((HdfsDataOutputStream) out).hflush();
        return "open";
      }
      case "append":
        try (FSDataOutputStream out = fs.append(path)) {
          out.write(new byte[Integer.parseInt(a[1])]);
        }
        return "appended";
      case "delete":
        return String.valueOf(fs.delete(path, Boolean.parseBoolean(a[1])));
      case "rename":
        return String.valueOf(fs.rename(path, new Path(a[1])));
      case "rename2":
        fs.rename(path, new Path(a[1]), Options.Rename.OVERWRITE);
        return "renamed";
      case "concat":
        fs.concat(path, new Path[] {new Path(a[1])});
        return "joined";
      case "truncate":
        return String.valueOf(fs.truncate(path, Long.parseLong(a[1])));
      case "setReplication":
        return String.valueOf(fs.setReplication(path, Short.parseShort(a[1])));
      case "chmod":
        fs.setPermission(path, new FsPermission(Short.parseShort(a[1], 8)));
        return "changed";
      case "chown":
        fs.setOwner(path, a[1].isEmpty() ? null : a[1], a[2].isEmpty() ? null : a[2]);
        return "changed";
      case "stat": {
        FileStatus status = fs.getFileStatus(path);
        return status.getPermission() + " " + status.hasAcl() + " " + status.getOwner() + " " + status.getGroup() + " "
            + status.getLen() + " " + status.getReplication();
      }
      case "exists":
        return String.valueOf(fs.exists(path));
      case "ls": {
        List<String> names = new ArrayList<>();
        for (FileStatus status : fs.listStatus(path)) {
          names.add(status.getPath().getName());
        }
        return names.toString();
      }
      case "batchedLs": {
        List<Path> paths = new ArrayList<>();
        for (String one : a) {
          paths.add(new Path(one));
        }
        StringBuilder text = new StringBuilder();
        RemoteIterator<PartialListing<FileStatus>> pages = fs.batchedListStatusIterator(paths);
        while (pages.hasNext()) {
          PartialListing<FileStatus> page = pages.next();
          text.append(page.getListedPath().toUri().getPath()).append(":");
          try {
            for (FileStatus status : page.get()) {
              text.append(status.getPath().getName()).append(",");
            }
          } catch (Exception e) {
            text.append(e.getClass().getName()).append(" ").append(e.getMessage());
          }
          text.append(" ");
        }
        return text.toString();
      }
      case "access":
        fs.access(path, FsAction.getFsAction(a[1]));
        return "allowed";
      case "modifyAcl":
        fs.modifyAclEntries(path, AclEntry.parseAclSpec(a[1], true));
        return "changed";
      case "removeAclEntries":
        fs.removeAclEntries(path, AclEntry.parseAclSpec(a[1], false));
        return "changed";
      case "removeDefaultAcl":
        fs.removeDefaultAcl(path);
        return "changed";
      case "removeAcl":
        fs.removeAcl(path);
        return "changed";
      case "setAcl":
        fs.setAcl(path, AclEntry.parseAclSpec(a[1], true));
        return "changed";
      case "getAcl":
        return show(fs.getAclStatus(path));
      case "setQuota":
        fs.setQuota(path, quota(a[1]), quota(a[2]));
        return "set";
      case "setTypeQuota":
        fs.setQuotaByStorageType(path, type(a[1]), quota(a[2]));
        return "set";
      case "quotaUsage":
        return show(fs.getQuotaUsage(path));
      case "summary": {
        ContentSummary summary = fs.getContentSummary(path);
        return summary.getLength() + " " + summary.getFileCount() + " " + summary.getDirectoryCount() + " "
            + summary.getErasureCodingPolicy() + " " + show((QuotaUsage) summary);
      }
      case "setXAttr": {
        EnumSet<XAttrSetFlag> flags = a[3].equals("both") ? EnumSet.allOf(XAttrSetFlag.class)
            : EnumSet.of(XAttrSetFlag.valueOf(a[3]));
        fs.setXAttr(path, a[1], a[2].equals("null") ? null : a[2].getBytes(StandardCharsets.UTF_8), flags);
        return "set";
      }
      case "getXAttr":
        return new String(fs.getXAttr(path, a[1]), StandardCharsets.UTF_8);
      case "getXAttrs":
        return show(fs.getXAttrs(path));
      case "listXAttrs": {
        List<String> names = fs.listXAttrs(path);
        names.sort(null);
        return names.toString();
      }
      case "removeXAttr":
        fs.removeXAttr(path, a[1]);
        return "removed";
      case "setPolicy":
        fs.setStoragePolicy(path, a[1]);
        return "set";
      case "unsetPolicy":
        fs.unsetStoragePolicy(path);
        return "unset";
      case "getPolicy":
        return fs.getStoragePolicy(path).toString();
      case "policies": {
        List<String> all = new ArrayList<>();
        for (BlockStoragePolicy policy : fs.getClient().getStoragePolicies()) {
          all.add(policy.toString());
        }
        return all.toString();
      }
      case "satisfyPolicy":
        fs.satisfyStoragePolicy(path);
        return "asked";
      case "symlink":
        fs.getClient().createSymlink(a[0], a[1], false);
        return "linked";
      case "createEz":
        fs.getClient().createEncryptionZone(a[0], a[1]);
        return "created";
      case "getEz":
        return String.valueOf(fs.getEZForPath(path));
      case "listEz":
        return String.valueOf(fs.listEncryptionZones().hasNext());
      case "ecPolicies": {
        List<String> all = new ArrayList<>();
        for (ErasureCodingPolicyInfo policy : fs.getClient().getErasureCodingPolicies()) {
          all.add(policy.toString());
        }
        return all.toString();
      }
      case "ecCodecs":
        return new TreeMap<>(fs.getAllErasureCodingCodecs()).toString();
      case "ecPolicy":
        return String.valueOf(fs.getErasureCodingPolicy(path));
      case "setEc":
        fs.setErasureCodingPolicy(path, a[1]);
        return "set";
      case "unsetEc":
        fs.unsetErasureCodingPolicy(path);
        return "unset";
      case "enableEc":
        fs.enableErasureCodingPolicy(a[0]);
        return "enabled";
      case "disableEc":
        fs.disableErasureCodingPolicy(a[0]);
        return "disabled";
      case "removeEc":
        fs.removeErasureCodingPolicy(a[0]);
        return "removed";
      case "ecTopology":
        return fs.getClient().getNamenode().getECTopologyResultForPolicies(a).getResultMessage();
      case "cachePools":
        return String.valueOf(fs.listCachePools().hasNext());
      case "addCachePool":
        fs.addCachePool(new CachePoolInfo(a[0]));
        return "added";
      case "cacheDirectives":
        return String.valueOf(fs.listCacheDirectives(null).hasNext());
      case "token":
        return String.valueOf(fs.getDelegationToken(a[0]));
      case "rollingUpgrade":
        return String.valueOf(fs.rollingUpgrade(
            org.apache.hadoop.hdfs.protocol.HdfsConstants.RollingUpgradeAction.QUERY));
      case "createEcFile":
        fs.createFile(path).ecPolicyName(a[1]).build().close();
        return "created";
      case "createFlags":
        fs.create(path, FsPermission.createImmutable((short) 0644),
            a[1].equals("overwrite") ? EnumSet.of(CreateFlag.OVERWRITE) : EnumSet.of(CreateFlag.CREATE), 4096, (short) 1,
            1 << 20, null).close();
        return "created";
      default:
        throw new IllegalArgumentException("no such call: " + method);
    }
  }
}
