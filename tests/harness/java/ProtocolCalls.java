import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.DFSUtilClient;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.ipc.ProtobufRpcEngine2;
import org.apache.hadoop.ipc.RPC;
import org.apache.hadoop.net.NetUtils;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.thirdparty.protobuf.Message;
import org.apache.hadoop.thirdparty.protobuf.RpcController;
import org.apache.hadoop.thirdparty.protobuf.ServiceException;
import org.apache.hadoop.thirdparty.protobuf.TextFormat;

/**
 * Any call of any protobuf protocol that a NameNode serves: requests and answers are messages in protobuf's text format,
 * so there is no code for single methods, and nothing of a client between the caller and the wire.
 */
final class ProtocolCalls {
  private final Configuration conf = new HdfsConfiguration();
  private final TreeMap<String, Object> proxies = new TreeMap<>();

  /** The answer on one line. `protocol` is the class of the protobuf service, as in ...protocolPB.ClientNamenodeProtocolPB. */
  String call(UserGroupInformation user, String protocol, String method, String request) throws Throwable {
    Object proxy = proxy(user, Class.forName(protocol));
    Method found = method(Class.forName(protocol), method);
    Message.Builder message = (Message.Builder) found.getParameterTypes()[1].getMethod("newBuilder").invoke(null);
    TextFormat.merge(request, message);
    try {
      return TextFormat.printer().shortDebugString((Message) found.invoke(proxy, null, message.buildPartial()));
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause();
      throw cause instanceof ServiceException && cause.getCause() != null ? cause.getCause() : cause;
    }
  }

  private Object proxy(UserGroupInformation user, Class<?> protocol) throws Exception {
    String key = user.getUserName() + " " + protocol.getName();
    if (!proxies.containsKey(key)) {
      RPC.setProtocolEngine(conf, protocol, ProtobufRpcEngine2.class);
      proxies.put(key, RPC.getProxy(protocol, RPC.getProtocolVersion(protocol), DFSUtilClient.getNNAddress(conf), user,
          conf, NetUtils.getDefaultSocketFactory(conf)));
    }
    return proxies.get(key);
  }

  private static Method method(Class<?> protocol, String name) throws NoSuchMethodException {
    for (Method each : protocol.getMethods()) {
      Class<?>[] parameters = each.getParameterTypes();
      if (each.getName().equals(name) && parameters.length == 2 && parameters[0] == RpcController.class) {
        return each;
      }
    }
    throw new NoSuchMethodException(protocol.getName() + " has no " + name);
  }
}
