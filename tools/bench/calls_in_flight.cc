#include "tools/bench/calls_in_flight.h"

#include <fmt/format.h>
#include <google/protobuf/message_lite.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <unordered_map>

#include "proto/hadoop/IpcConnectionContext.pb.h"
#include "proto/hadoop/ProtobufRpcEngine2.pb.h"
#include "proto/hadoop/RpcHeader.pb.h"

namespace dfs::bench {
namespace {

using namespace hadoop::common;

// Many times what may be in flight on a connection.
constexpr size_t kCallWindow = 1 << 16;
constexpr std::string_view kProtocol = "org.apache.hadoop.hdfs.protocol.ClientProtocol";

Error failure(std::string_view what) {
  return {ErrorCode::kIo, fmt::format("{}: {}", what, std::strerror(errno))};
}

// RequestHeaderProto, delimited, which is the same for every call of a method.
const std::string& header_of(std::string_view method) {
  static std::unordered_map<std::string_view, std::string> known;
  auto found = known.find(method);
  if (found != known.end()) return found->second;
  RequestHeaderProto header;
  header.set_methodname(std::string(method));
  header.set_declaringclassprotocolname(std::string(kProtocol));
  header.set_clientprotocolversion(1);
  std::string bytes;
  rpc::append_delimited(bytes, header);
  return known.emplace(method, std::move(bytes)).first->second;
}

}  // namespace

struct CallsInFlight::Connection {
  ~Connection() {
    if (socket >= 0) ::close(socket);
  }
  int socket = -1;
  uint32_t first_slot = 0;
  // A client id of its own, and each call id once: a NameNode's retry cache takes what repeats for a retry.
  std::string client_id = std::string(16, '\0');
  int32_t last_call = -1;
  std::vector<uint32_t> slot_of = std::vector<uint32_t>(kCallWindow);  // by call id, modulo
  std::string out;
  rpc::FrameBuffer in;
};

CallsInFlight::CallsInFlight(const Settings& settings) : settings_(settings) {}

CallsInFlight::~CallsInFlight() {
  if (poll_ >= 0) ::close(poll_);
}

Result<std::unique_ptr<CallsInFlight>> CallsInFlight::connect(const Settings& settings) {
  std::unique_ptr<CallsInFlight> made(new CallsInFlight(settings));
  made->poll_ = epoll_create1(EPOLL_CLOEXEC);
  if (made->poll_ < 0) return fail(failure("epoll_create1"));
  for (uint32_t i = 0; i < settings.connections; ++i) {
    auto connection = std::make_unique<Connection>();
    connection->first_slot = i * settings.in_flight;
    DFS_TRY_OK(made->open(*connection));
    for (uint32_t slot = 0; slot < settings.in_flight; ++slot) made->slots_.push_back(connection.get());
    made->connections_.push_back(std::move(connection));
  }
  return made;
}

Result<void> CallsInFlight::open(Connection& connection) {
  if (getrandom(connection.client_id.data(), connection.client_id.size(), 0) != ssize_t(connection.client_id.size())) {
    return fail(failure("getrandom"));
  }
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(settings_.server.port);
  if (int wrong = getaddrinfo(settings_.server.host.c_str(), port.c_str(), &hints, &found); wrong != 0) {
    return fail(ErrorCode::kUnknownHost, settings_.server.to_string() + ": " + gai_strerror(wrong));
  }
  std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> addresses(found, &freeaddrinfo);
  connection.socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection.socket < 0) return fail(failure("socket"));
  if (::connect(connection.socket, found->ai_addr, found->ai_addrlen) != 0) {
    return fail(failure(settings_.server.to_string()));
  }
  const int on = 1;
  if (setsockopt(connection.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
    return fail(failure("TCP_NODELAY"));

  connection.out = "hrpc";
  connection.out += {char(rpc::kVersion), 0, char(rpc::kAuthenticationNone)};
  RpcRequestHeaderProto header;
  header.set_rpckind(RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(rpc::kConnectionContextCall);
  header.set_clientid(connection.client_id);
  IpcConnectionContextProto context;
  context.mutable_userinfo()->set_effectiveuser(settings_.user);
  context.set_protocol(std::string(kProtocol));
  const size_t frame = rpc::open_frame(connection.out);
  rpc::append_delimited(connection.out, header);
  rpc::append_delimited(connection.out, context);
  rpc::close_frame(connection.out, frame);

  epoll_event interest = {.events = EPOLLIN, .data = {.ptr = &connection}};
  if (epoll_ctl(poll_, EPOLL_CTL_ADD, connection.socket, &interest) != 0) return fail(failure("epoll_ctl"));
  return {};
}

void CallsInFlight::call(uint32_t slot, std::string_view method, const google::protobuf::MessageLite& request) {
  Connection& connection = *slots_[slot];
  const int32_t id = ++connection.last_call;
  connection.slot_of[size_t(id) % kCallWindow] = slot;
  RpcRequestHeaderProto header;
  header.set_rpckind(RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(id);
  header.set_clientid(connection.client_id);
  header.set_retrycount(0);
  const size_t frame = rpc::open_frame(connection.out);
  rpc::append_delimited(connection.out, header);
  connection.out += header_of(method);
  rpc::append_delimited(connection.out, request);
  rpc::close_frame(connection.out, frame);
}

Result<void> CallsInFlight::turn(const std::function<void(const Answer&)>& take) {
  for (auto& connection : connections_) DFS_TRY_OK(send(*connection));
  std::array<epoll_event, 64> ready;
  int count = epoll_wait(poll_, ready.data(), int(ready.size()), 10'000);
  if (count < 0 && errno != EINTR) return fail(failure("epoll_wait"));
  if (count == 0) return fail(ErrorCode::kTimeout, "no answer for 10 s");
  for (int i = 0; i < count; ++i) DFS_TRY_OK(receive(*static_cast<Connection*>(ready[size_t(i)].data.ptr), take));
  return {};
}

Result<void> CallsInFlight::send(Connection& connection) {
  // Blocks at worst for as long as the server does not read, which it does not do only under its own load.
  size_t sent = 0;
  while (sent < connection.out.size()) {
    ssize_t length =
        ::send(connection.socket, connection.out.data() + sent, connection.out.size() - sent, MSG_NOSIGNAL);
    if (length < 0) return fail(failure("send"));
    sent += size_t(length);
  }
  connection.out.clear();
  return {};
}

Result<void> CallsInFlight::receive(Connection& connection, const std::function<void(const Answer&)>& take) {
  std::span<uint8_t> space = connection.in.space();
  ssize_t length = recv(connection.socket, space.data(), space.size(), 0);
  if (length < 0) return fail(failure("recv"));
  if (length == 0) return fail(ErrorCode::kEof, "the server has closed the connection");
  connection.in.filled(size_t(length));
  RpcResponseHeaderProto header;
  while (connection.in.unread().size() >= rpc::kLengthBytes) {
    const uint32_t frame = load_big_endian<uint32_t>(connection.in.unread().data());
    if (connection.in.unread().size() - rpc::kLengthBytes < frame) break;
    ByteReader reader(connection.in.unread().subspan(rpc::kLengthBytes, frame));
    DFS_TRY(ByteView bytes, rpc::read_delimited(reader));
    if (!rpc::parse_message(bytes, header)) return fail(ErrorCode::kCorruptFormat, "not a response header");
    Answer answer{.slot = connection.slot_of[header.callid() % kCallWindow],
                  .failed = header.status() != RpcResponseHeaderProto::SUCCESS,
                  .body = {}};
    std::string exception;
    if (answer.failed) {
      exception = header.exceptionclassname() + ": " + header.errormsg();
      answer.body = exception;
      if (header.status() == RpcResponseHeaderProto::FATAL) return fail(ErrorCode::kIo, exception);
    } else {
      DFS_TRY(ByteView body, rpc::read_delimited(reader));
      answer.body = as_text(body);
    }
    take(answer);
    connection.in.consume(rpc::kLengthBytes + frame);
  }
  return {};
}

}  // namespace dfs::bench
