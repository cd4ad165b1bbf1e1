#include "proto/rpc/client.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <optional>
#include <random>
#include <unordered_map>

#include "proto/base/check.h"
#include "proto/base/clock.h"
#include "proto/base/task.h"
#include "proto/hadoop/IpcConnectionContext.pb.h"
#include "proto/hadoop/ProtobufRpcEngine2.pb.h"
#include "proto/hadoop/RpcHeader.pb.h"
#include "proto/rpc/frames.h"

namespace dfs::rpc {
namespace {

using namespace hadoop::common;

struct Waiting;

// One TCP connection with what is in flight on it.
struct Link {
  explicit Link(const asio::any_io_executor& executor) : finished(executor, asio::steady_timer::time_point::max()) {}
  std::unique_ptr<Stream> stream;  // null until connected
  std::unordered_map<int32_t, Waiting*> waiting;
  std::string out;
  std::string sending;
  bool writing = false;
  bool dead = false;
  TimePoint last_activity;
  asio::steady_timer finished;  // cancelled at the end, for the task that keeps the connection alive
};

// A call that waits for its answer, in the frame of Client::call; known to its link for as long as it exists.
struct Waiting {
  Waiting(const asio::any_io_executor& executor, std::chrono::milliseconds deadline, std::shared_ptr<Link> on,
          int32_t call_id, google::protobuf::MessageLite* into)
      : link(std::move(on)), id(call_id), response(into), answered(executor, deadline) {
    // One id, one call in flight: a call is repeated after it has ended.
    DFS_CHECK(link->waiting.emplace(id, this).second);
  }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { link->waiting.erase(id); }

  std::shared_ptr<Link> link;
  int32_t id;
  google::protobuf::MessageLite* response;
  std::optional<Result<void>> outcome;
  asio::steady_timer answered;  // expires at the deadline, cancelled by the answer
};

// Java's first line; the rest is a stack trace of the server.
std::string without_trace(const std::string& message) {
  return message.substr(0, std::min(message.find("\n\tat "), message.find("\n\t... ")));
}

std::string random_client_id() {
  std::string id(16, '\0');
  size_t filled = 0;
  while (filled < id.size()) {
    ssize_t length = getrandom(id.data() + filled, id.size() - filled, 0);
    if (length > 0) filled += size_t(length);
  }
  // A version 4 UUID, as ClientId makes them.
  id[6] = char((id[6] & 0x0f) | 0x40);
  id[8] = char((id[8] & 0x3f) | 0x80);
  return id;
}

}  // namespace

struct Client::State {
  State(asio::any_io_executor on, Settings with) : executor(on), settings(std::move(with)), tasks(on) {}

  std::shared_ptr<Link> live_link();
  // The life of a connection: connect, introduce ourselves, receive until something breaks.
  Task<void> run(std::shared_ptr<Link> link);
  Task<Error> receive(std::shared_ptr<Link> link);
  Task<void> keep_alive(std::shared_ptr<Link> link);
  Task<void> drain(std::shared_ptr<Link> link);
  void send(const std::shared_ptr<Link>& link);
  std::optional<Error> take_response(Link& link, ByteView frame);
  void fail_all(Link& link, const Error& error);
  void append_preamble(std::string& out) const;
  void append_header(std::string& out, CallId id) const;

  asio::any_io_executor executor;
  Settings settings;
  TaskGroup tasks;
  std::shared_ptr<Link> link;
  int32_t next_id = 0;
  bool closed = false;
};

std::shared_ptr<Link> Client::State::live_link() {
  if (link == nullptr || link->dead) {
    link = std::make_shared<Link>(executor);
    link->last_activity = Clock::system().now();
    tasks.spawn(run(link));
  }
  return link;
}

void Client::State::append_header(std::string& out, CallId id) const {
  RpcRequestHeaderProto header;
  header.set_rpckind(RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(id.id);
  header.set_clientid(settings.client_id);
  header.set_retrycount(id.retry_count);
  append_delimited(out, header);
}

void Client::State::append_preamble(std::string& out) const {
  ByteWriter writer(out);
  writer.bytes("hrpc");
  writer.u8(kVersion);
  writer.u8(0);  // service class
  writer.u8(kAuthenticationNone);
  IpcConnectionContextProto context;
  context.mutable_userinfo()->set_effectiveuser(settings.user.user);
  if (!settings.user.real_user.empty()) context.mutable_userinfo()->set_realuser(settings.user.real_user);
  context.set_protocol(settings.protocol);
  size_t frame = open_frame(out);
  append_header(out, {kConnectionContextCall, -1});
  append_delimited(out, context);
  close_frame(out, frame);
}

Task<void> Client::State::run(std::shared_ptr<Link> running) {
  Result<std::unique_ptr<Stream>> stream = co_await connect_tcp(settings.server, settings.connect_deadline);
  if (!stream) {
    Error error = std::move(stream).error();
    // Nothing was sent, which is what a caller wants to know.
    if (error.code() == ErrorCode::kTimeout) error = Error(ErrorCode::kConnect, error.message());
    fail_all(*running, error);
    co_return;
  }
  running->stream = *std::move(stream);
  std::string first;
  append_preamble(first);
  running->out.insert(0, first);
  send(running);
  tasks.spawn(keep_alive(running));
  Error error = co_await receive(running);
  fail_all(*running, error);
  running->stream->close();
}

Task<Error> Client::State::receive(std::shared_ptr<Link> receiving) {
  FrameBuffer in;
  for (;;) {
    while (in.unread().size() >= kLengthBytes) {
      uint32_t length = load_big_endian<uint32_t>(in.unread().data());
      if (length > settings.response_bytes_max) {
        co_return Error(ErrorCode::kCorruptFormat,
                        fmt::format("{}: a response of {} bytes is longer than {}", settings.server.to_string(), length,
                                    settings.response_bytes_max));
      }
      if (in.unread().size() - kLengthBytes < length) break;
      auto broken = take_response(*receiving, in.unread().subspan(kLengthBytes, length));
      if (broken) co_return *std::move(broken);
      in.consume(kLengthBytes + length);
    }
    Result<size_t> length = co_await receiving->stream->read_some(in.space());
    if (!length) co_return std::move(length).error();
    receiving->last_activity = Clock::system().now();
    in.filled(*length);
  }
}

std::optional<Error> Client::State::take_response(Link& from, ByteView frame) {
  auto corrupt = [&](std::string_view what) {
    return Error(ErrorCode::kCorruptFormat, fmt::format("{}: {}", settings.server.to_string(), what));
  };
  ByteReader reader(frame);
  RpcResponseHeaderProto header;
  Result<ByteView> bytes = read_delimited(reader);
  if (!bytes || !parse_message(*bytes, header)) return corrupt("the response header is not one");
  if (header.status() != RpcResponseHeaderProto::SUCCESS) {
    Error error = Error::from_java(header.exceptionclassname(), without_trace(header.errormsg()));
    if (header.status() == RpcResponseHeaderProto::FATAL) return error;
    auto found = from.waiting.find(int32_t(header.callid()));
    if (found == from.waiting.end()) return std::nullopt;
    found->second->outcome = fail(std::move(error));
    found->second->answered.cancel();
    return std::nullopt;
  }
  auto found = from.waiting.find(int32_t(header.callid()));
  // The caller has given up meanwhile.
  if (found == from.waiting.end()) return std::nullopt;
  Waiting& call = *found->second;
  Result<ByteView> body = read_delimited(reader);
  if (!body || !parse_message(*body, *call.response)) {
    call.outcome = fail(corrupt(fmt::format("the response is not a {}", call.response->GetTypeName())));
  } else {
    call.outcome.emplace();
  }
  call.answered.cancel();
  return std::nullopt;
}

void Client::State::fail_all(Link& failed, const Error& error) {
  failed.dead = true;
  failed.finished.cancel();
  for (auto& [id, call] : failed.waiting) {
    if (!call->outcome) call->outcome = fail(error);
    call->answered.cancel();
  }
}

void Client::State::send(const std::shared_ptr<Link>& over) {
  if (over->stream == nullptr || over->writing || over->dead || over->out.empty()) return;
  size_t sent = over->stream->write_now(over->out);
  if (sent == over->out.size()) {
    over->out.clear();
    return;
  }
  over->out.erase(0, sent);
  over->writing = true;
  tasks.spawn(drain(over));
}

Task<void> Client::State::drain(std::shared_ptr<Link> over) {
  while (!over->out.empty() && !over->dead) {
    over->sending.swap(over->out);
    Result<void> written = co_await over->stream->write(over->sending);
    over->sending.clear();
    // The receiving task sees the end of the stream and tells everyone.
    if (!written) over->stream->close();
  }
  over->writing = false;
}

Task<void> Client::State::keep_alive(std::shared_ptr<Link> alive) {
  auto interval = std::min(settings.ping_interval, settings.idle_deadline);
  while (!alive->dead) {
    alive->finished.expires_after(interval);
    co_await alive->finished.async_wait(kAwait);
    if (alive->dead || co_await cancelled()) co_return;
    auto quiet = Clock::system().now() - alive->last_activity;
    if (alive->waiting.empty()) {
      if (quiet < settings.idle_deadline) continue;
      alive->dead = true;
      alive->stream->close();
      co_return;
    }
    if (quiet < settings.ping_interval) continue;
    alive->last_activity = Clock::system().now();
    size_t frame = open_frame(alive->out);
    append_header(alive->out, {kPingCall, -1});
    close_frame(alive->out, frame);
    send(alive);
  }
}

Client::Client(asio::any_io_executor executor, Settings settings)
    : state_(std::make_shared<State>(std::move(executor), std::move(settings))) {
  if (state_->settings.client_id.empty()) state_->settings.client_id = random_client_id();
}

Client::~Client() = default;

Client::CallId Client::next_call_id() {
  CallId id{state_->next_id, 0};
  state_->next_id = (state_->next_id + 1) & 0x7fffffff;
  return id;
}

Task<Result<void>> Client::call(std::string_view method, const google::protobuf::MessageLite& request,
                                google::protobuf::MessageLite& response) {
  return call(method, request, response, next_call_id());
}

Task<Result<void>> Client::call(std::string_view method, const google::protobuf::MessageLite& request,
                                google::protobuf::MessageLite& response, CallId id) {
  State& state = *state_;
  if (state.closed) co_return fail(ErrorCode::kCancelled, "the connection is closed");
  std::string what(method);
  std::shared_ptr<Link> link = state.live_link();
  if (link->dead)
    co_return fail(ErrorCode::kConnect, what + ": cannot connect to " + state.settings.server.to_string());
  RequestHeaderProto header;
  header.set_methodname(what);
  header.set_declaringclassprotocolname(state.settings.protocol);
  header.set_clientprotocolversion(state.settings.protocol_version);
  size_t frame = open_frame(link->out);
  state.append_header(link->out, id);
  append_delimited(link->out, header);
  append_delimited(link->out, request);
  close_frame(link->out, frame);

  Waiting call(state.executor, state.settings.call_deadline, link, id.id, &response);
  link->last_activity = Clock::system().now();
  state.send(link);
  if (!call.outcome) co_await call.answered.async_wait(kAwait);
  if (call.outcome) co_return *std::move(call.outcome);
  if (co_await cancelled()) co_return fail(ErrorCode::kCancelled, what + ": cancelled");
  co_return fail(ErrorCode::kTimeout,
                 fmt::format("{} at {} timed out after {} ms", what, state.settings.server.to_string(),
                             state.settings.call_deadline.count()));
}

Task<void> Client::close() {
  auto state = state_;
  state->closed = true;
  if (state->link != nullptr) {
    state->fail_all(*state->link, Error(ErrorCode::kCancelled, "the connection is closed"));
    if (state->link->stream != nullptr) state->link->stream->close();
  }
  state->tasks.cancel();
  co_await state->tasks.join();
}

}  // namespace dfs::rpc
