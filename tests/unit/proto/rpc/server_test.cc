#include "proto/rpc/server.h"

#include <gtest/gtest.h>

#include <future>
#include <random>
#include <thread>

#include "tests/unit/proto/rpc/served.h"

namespace dfs::rpc {
namespace {

using hadoop::common::IpcConnectionContextProto;
using hadoop::common::RequestHeaderProto;
using hadoop::common::RpcSaslProto;

const std::string kPreamble("hrpc\x09\x00\x00", 7);
const std::string kSaslPreamble("hrpc\x09\x00\xdf", 7);

RpcRequestHeaderProto header_for(int32_t call_id) {
  RpcRequestHeaderProto header;
  header.set_rpckind(hadoop::common::RPC_PROTOCOL_BUFFER);
  header.set_rpcop(RpcRequestHeaderProto::RPC_FINAL_PACKET);
  header.set_callid(call_id);
  header.set_clientid("0123456789abcdef");
  header.set_retrycount(0);
  return header;
}

template <class... Messages>
std::string framed(const Messages&... messages) {
  std::string out;
  size_t frame = open_frame(out);
  (append_delimited(out, messages), ...);
  close_frame(out, frame);
  return out;
}

std::string context_frame() {
  IpcConnectionContextProto context;
  context.mutable_userinfo()->set_effectiveuser("alice");
  context.set_protocol(kTestProtocol);
  return framed(header_for(kConnectionContextCall), context);
}

std::string call_frame(int32_t call_id, const std::string& method, const std::string& text) {
  RequestHeaderProto request;
  request.set_methodname(method);
  request.set_declaringclassprotocolname(kTestProtocol);
  request.set_clientprotocolversion(1);
  return framed(header_for(call_id), request, text_of(text));
}

struct Answer {
  RpcResponseHeaderProto header;
  std::string text;
};

Task<Result<Answer>> read_answer(Stream& stream) {
  std::array<uint8_t, 4> length{};
  DFS_CO_TRY_OK(co_await stream.read_all(length));
  std::vector<uint8_t> bytes(load_big_endian<uint32_t>(length.data()));
  DFS_CO_TRY_OK(co_await stream.read_all(bytes));
  ByteReader reader{ByteView(bytes)};
  Answer answer;
  DFS_CO_TRY(ByteView header, read_delimited(reader));
  EXPECT_TRUE(parse_message(header, answer.header));
  if (answer.header.status() == RpcResponseHeaderProto::SUCCESS) {
    DFS_CO_TRY(ByteView body, read_delimited(reader));
    Text text;
    if (parse_message(body, text)) answer.text = text.protocol();
  }
  EXPECT_EQ(reader.remaining(), 0u);
  co_return answer;
}

Task<std::string> read_to_end(Stream& stream) {
  std::string all;
  std::array<uint8_t, 4096> buffer{};
  while (auto length = co_await stream.read_some(buffer)) all.append(as_text(buffer).substr(0, *length));
  co_return all;
}

Task<std::unique_ptr<Stream>> connected(Endpoint to, std::string first) {
  auto stream = co_await connect_tcp(std::move(to), 10s);
  EXPECT_TRUE(stream);
  EXPECT_TRUE(co_await (*stream)->write(first));
  co_return std::move(*stream);
}

Task<void> expect_alive(Endpoint to) {
  auto stream = co_await connected(to, kPreamble + context_frame() + call_frame(7, "echo", "alive"));
  auto answer = co_await read_answer(*stream);
  EXPECT_TRUE(answer);
  EXPECT_EQ(answer->text, "alive");
  EXPECT_EQ(answer->header.callid(), 7u);
  EXPECT_EQ(answer->header.clientid(), "0123456789abcdef");
  EXPECT_EQ(answer->header.retrycount(), 0);
  EXPECT_EQ(answer->header.serveripcversionnum(), 9u);
}

Task<void> expect_reply(Endpoint to, std::string sent, std::string wanted) {
  auto stream = co_await connected(to, sent);
  EXPECT_EQ(co_await read_to_end(*stream), wanted);
}

TEST(RpcServer, AnHttpRequestGetsAHint) {
  Served served;
  run(expect_reply(served.address(), "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                   "HTTP/1.1 404 Not Found\r\nContent-type: text/plain\r\n\r\n"
                   "It looks like you are making an HTTP request to a Hadoop IPC port. "
                   "This is not the correct port for the web interface on this daemon.\r\n"));
}

TEST(RpcServer, OtherVersionsAreAnsweredInTheirOwnShape) {
  Served served;
  std::string name = std::string("\0\0\0\x29", 4) + "org.apache.hadoop.ipc.RPC$VersionMismatch";
  auto message = [](int version) {
    std::string text = fmt::format("Server IPC version 9 cannot communicate with client version {}", version);
    return std::string(3, '\0') + char(text.size()) + text;
  };
  run(expect_reply(served.address(), std::string("hrpc\x08\0\0", 7),
                   std::string("\xff\xff\xff\xff\xff\xff\xff\xff") + name + message(8)));
  run(expect_reply(served.address(), std::string("hrpc\x02\0\0", 7), std::string("\0\0\0\0\1", 5) + name + message(2)));
  run(expect_reply(served.address(), std::string("hrpc\x01\0\0", 7), ""));
  run(expect_reply(served.address(), std::string("\xff\xff\xff\xff\xff\xff\xff", 7), ""));
}

Task<void> expect_fatal(Endpoint to, std::string sent, RpcResponseHeaderProto::RpcErrorCodeProto detail,
                        int32_t call_id, std::string java_class, std::string message) {
  auto stream = co_await connected(to, sent);
  auto answer = co_await read_answer(*stream);
  EXPECT_TRUE(answer) << message;
  if (!answer) co_return;
  EXPECT_EQ(answer->header.status(), RpcResponseHeaderProto::FATAL);
  EXPECT_EQ(answer->header.errordetail(), detail) << message;
  EXPECT_EQ(int32_t(answer->header.callid()), call_id) << message;
  EXPECT_EQ(answer->header.exceptionclassname(), java_class);
  EXPECT_EQ(answer->header.errormsg(), message);
  EXPECT_EQ(co_await read_to_end(*stream), "");
}

constexpr const char* kServerException = "org.apache.hadoop.ipc.RpcServerException";

TEST(RpcServer, ANewerVersionAndAnUnknownAuthenticationAreFatal) {
  Served served;
  run(expect_fatal(served.address(), std::string("hrpc\x0a\0\0", 7), RpcResponseHeaderProto::FATAL_VERSION_MISMATCH, -1,
                   "org.apache.hadoop.ipc.RPC$VersionMismatch",
                   "Server IPC version 9 cannot communicate with client version 10"));
  run(expect_fatal(served.address(), std::string("hrpc\x09\0\x07", 7), RpcResponseHeaderProto::FATAL_UNAUTHORIZED, -1,
                   "org.apache.hadoop.ipc.IpcException", "Unknown auth protocol:7"));
}

TEST(RpcServer, ABrokenHeaderIsFatalAsInStock) {
  Served served;
  auto fatal = [&](const std::string& sent, RpcResponseHeaderProto::RpcErrorCodeProto detail, int32_t call_id,
                   const std::string& message) {
    run(expect_fatal(served.address(), sent, detail, call_id, kServerException, message));
  };
  auto invalid = RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER;
  auto broken = RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST;
  std::string ready = kPreamble + context_frame();
  fatal(kPreamble + call_frame(3, "echo", ""), invalid, 3, "Connection context not established");
  fatal(ready + context_frame(), invalid, -3, "Connection context already processed");
  fatal(ready + framed(header_for(-5)), invalid, -5, "Unknown out of band call #-5");
  fatal(ready + framed(header_for(kSaslCall)), invalid, kSaslCall, "SASL protocol not requested by client");
  fatal(ready + std::string(4, '\0'), broken, -1, "Error decoding RpcRequestHeaderProto: not a request header");
  fatal(ready + framed(text_of("x")), broken, -1, "Error decoding RpcRequestHeaderProto: not a request header");
  fatal(kPreamble + framed(header_for(kConnectionContextCall), std::string_view("\x12\x01")), broken, -3,
        "Error decoding IpcConnectionContextProto: not a connection context");
  RpcRequestHeaderProto header = header_for(4);
  header.clear_rpcop();
  fatal(ready + framed(header), invalid, 4, " IPC Server: No rpc op in rpcRequestHeader");
  header.set_rpcop(RpcRequestHeaderProto::RPC_CONTINUATION_PACKET);
  fatal(ready + framed(header), invalid, 4,
        "IPC Server does not implement rpc header operationRPC_CONTINUATION_PACKET");
  header = header_for(4);
  header.clear_rpckind();
  fatal(ready + framed(header), invalid, 4, " IPC Server: No rpc kind in rpcRequestHeader");
  header.set_rpckind(hadoop::common::RPC_WRITABLE);
  fatal(ready + framed(header), invalid, 4, "Unknown rpc kind in rpc headerRPC_WRITABLE");
  run(expect_alive(served.address()));
}

Task<void> expect_served_with_state(Endpoint to, int64_t state) {
  RpcRequestHeaderProto header = header_for(7);
  header.set_stateid(state);
  RequestHeaderProto request;
  request.set_methodname("echo");
  request.set_declaringclassprotocolname(kTestProtocol);
  request.set_clientprotocolversion(1);
  auto stream = co_await connected(to, kPreamble + context_frame() + framed(header, request, text_of("served")));
  auto answer = co_await read_answer(*stream);
  EXPECT_TRUE(answer && answer->text == "served") << state;
}

// The difference between the states of client and server overflowed, and a server called itself too far behind.
TEST(RpcServer, HDFS_17476_ACallIsServedWhateverStateItsClientClaimsToHaveSeen) {
  Served served;
  for (int64_t state : {INT64_MIN, INT64_MIN + 1, int64_t{-1}, int64_t{0}, INT64_MAX}) {
    run(expect_served_with_state(served.address(), state));
  }
}

TEST(RpcServer, AContextWithoutAUserIsUnauthorized) {
  Served served;
  run(expect_fatal(served.address(),
                   kPreamble + framed(header_for(kConnectionContextCall), IpcConnectionContextProto()),
                   RpcResponseHeaderProto::FATAL_UNAUTHORIZED, -3, "org.apache.hadoop.security.AccessControlException",
                   "The connection context names no user"));
}

std::string sasl_frame(RpcSaslProto::SaslState state, int auths) {
  RpcSaslProto message;
  message.set_state(state);
  for (int i = 0; i < auths; ++i) {
    message.add_auths()->set_method("TOKEN");
    message.mutable_auths(i)->set_mechanism("DIGEST-MD5");
  }
  return framed(header_for(kSaslCall), message);
}

Task<void> switch_to_simple(Endpoint to, std::string first) {
  auto stream = co_await connected(to, kSaslPreamble + first);
  std::array<uint8_t, 4> length{};
  EXPECT_TRUE(co_await stream->read_all(length));
  std::vector<uint8_t> bytes(load_big_endian<uint32_t>(length.data()));
  EXPECT_TRUE(co_await stream->read_all(bytes));
  ByteReader reader{ByteView(bytes)};
  RpcResponseHeaderProto header;
  RpcSaslProto answer;
  EXPECT_TRUE(parse_message(*read_delimited(reader), header));
  EXPECT_TRUE(parse_message(*read_delimited(reader), answer));
  EXPECT_EQ(int32_t(header.callid()), kSaslCall);
  EXPECT_EQ(header.status(), RpcResponseHeaderProto::SUCCESS);
  EXPECT_EQ(answer.state(), RpcSaslProto::SUCCESS);
  EXPECT_TRUE(co_await stream->write(context_frame() + call_frame(1, "echo", "simple")));
  EXPECT_EQ((co_await read_answer(*stream))->text, "simple");
}
TEST(RpcServer, AClientThatStartsSaslIsToldToSwitchToSimple) {
  Served served;
  run(switch_to_simple(served.address(), sasl_frame(RpcSaslProto::NEGOTIATE, 0)));
  run(switch_to_simple(served.address(), sasl_frame(RpcSaslProto::INITIATE, 1)));
}

TEST(RpcServer, SaslOutOfPlaceIsFatal) {
  Served served;
  auto fatal = [&](const std::string& sent, RpcResponseHeaderProto::RpcErrorCodeProto detail, int32_t call_id,
                   const std::string& java_class, const std::string& message) {
    run(expect_fatal(served.address(), kSaslPreamble + sent, detail, call_id, java_class, message));
  };
  const char* sasl = "javax.security.sasl.SaslException";
  fatal(context_frame(), RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER, -3, kServerException,
        "Connection header sent during SASL negotiation");
  fatal(sasl_frame(RpcSaslProto::WRAP, 0), RpcResponseHeaderProto::FATAL_INVALID_RPC_HEADER, kSaslCall, sasl,
        "Server is not wrapping data");
  fatal(sasl_frame(RpcSaslProto::INITIATE, 2), RpcResponseHeaderProto::FATAL_UNAUTHORIZED, kSaslCall, sasl,
        "Client mechanism is malformed");
  fatal(sasl_frame(RpcSaslProto::RESPONSE, 0), RpcResponseHeaderProto::FATAL_UNAUTHORIZED, kSaslCall, sasl,
        "Client sent unsupported state RESPONSE");
  fatal(framed(header_for(kSaslCall), std::string_view("\x08")), RpcResponseHeaderProto::FATAL_DESERIALIZING_REQUEST,
        kSaslCall, kServerException, "Error decoding RpcSaslProto: not a SASL message");
}

Task<void> application_errors(Endpoint to) {
  RequestHeaderProto request;
  request.set_methodname("echo");
  request.set_declaringclassprotocolname(kTestProtocol);
  request.set_clientprotocolversion(1);
  auto stream = co_await connected(to, kPreamble + context_frame() + framed(header_for(kPingCall)));
  EXPECT_TRUE(co_await stream->write(framed(header_for(1)) + framed(header_for(2), request) +
                                     framed(header_for(3), request, std::string_view("\x0a\xff")) +
                                     call_frame(4, "none", "") + call_frame(5, "echo", "x")));
  for (uint32_t id = 1; id <= 3; ++id) {
    auto answer = co_await read_answer(*stream);
    EXPECT_EQ(answer->header.callid(), id);
    EXPECT_EQ(answer->header.status(), RpcResponseHeaderProto::ERROR);
    EXPECT_EQ(answer->header.errordetail(), RpcResponseHeaderProto::ERROR_APPLICATION);
    EXPECT_EQ(answer->header.exceptionclassname(),
              "org.apache.hadoop.thirdparty.protobuf.InvalidProtocolBufferException");
  }
  auto unknown = co_await read_answer(*stream);
  EXPECT_EQ(unknown->header.errordetail(), RpcResponseHeaderProto::ERROR_NO_SUCH_METHOD);
  EXPECT_EQ(unknown->header.exceptionclassname(), "org.apache.hadoop.ipc.RpcNoSuchMethodException");
  EXPECT_EQ((co_await read_answer(*stream))->text, "x");
}
TEST(RpcServer, ARequestThatCannotBeReadFailsAloneAndAPingIsSilent) {
  Served served;
  run(application_errors(served.address()));
}

Task<void> truncations(Served& served) {
  std::string whole = kPreamble + context_frame() + call_frame(1, "echoLater", "x") + call_frame(2, "echo", "y");
  for (size_t length = 0; length <= whole.size(); ++length) {
    auto stream = co_await connected(served.address(), whole.substr(0, length));
    stream->shutdown_write();
    std::string answer = co_await read_to_end(*stream);
    EXPECT_TRUE(length < 7 || answer.size() < 500);
  }
  EXPECT_TRUE(co_await eventually([&] { return served.server->connections() == 0; }));
  co_await expect_alive(served.address());
}
TEST(RpcServer, AConversationCutOffAtAnyByteHurtsNobody) {
  Served served;
  run(truncations(served));
}

Task<void> drip(Endpoint to) {
  std::string whole = kPreamble + context_frame() + call_frame(1, "echo", "drip");
  auto stream = co_await connected(to, "");
  for (char byte : whole) EXPECT_TRUE(co_await stream->write(std::string_view(&byte, 1)));
  EXPECT_EQ((co_await read_answer(*stream))->text, "drip");
}
TEST(RpcServer, BytesMayComeOneByOne) {
  Served served;
  run(drip(served.address()));
}

Task<void> oversize(Served& served) {
  auto bystander = co_await connected(served.address(), kPreamble + context_frame());
  for (const std::string& sent :
       {kPreamble + std::string("\0\1\0\1", 4), kPreamble + std::string("\xff\xff\xff\xff", 4),
        kPreamble + context_frame() + std::string("\x08\0\0\1", 4), kPreamble + context_frame() + "\x7f\xff\xff\xff"}) {
    auto stream = co_await connected(served.address(), sent);
    EXPECT_EQ(co_await read_to_end(*stream), "");
  }
  EXPECT_TRUE(co_await bystander->write(call_frame(1, "echo", "x")));
  EXPECT_EQ((co_await read_answer(*bystander))->text, "x");
}
TEST(RpcServer, AFrameThatIsTooLongClosesItsConnectionAlone) {
  Served served;
  run(oversize(served));
}

Task<void> garbage(Served& served) {
  std::mt19937 random(7);
  std::string valid = kPreamble + context_frame() + call_frame(1, "echoLater", "x") + call_frame(2, "who", "y");
  for (int round = 0; round < 300; ++round) {
    std::string bytes = valid;
    for (int flips = 1 + int(random() % 4); flips > 0; --flips) bytes[random() % bytes.size()] = char(random());
    auto stream = co_await connected(served.address(), bytes);
    stream->shutdown_write();
    co_await read_to_end(*stream);
  }
  EXPECT_TRUE(co_await eventually([&] { return served.server->connections() == 0; }));
  co_await expect_alive(served.address());
}
TEST(RpcServer, GarbageHurtsNobody) {
  Served served;
  auto* shown = google::protobuf::SetLogHandler(nullptr);
  run(garbage(served));
  google::protobuf::SetLogHandler(shown);
}

Task<void> expect_closed(Served& served, std::string sent) {
  auto stream = co_await connected(served.address(), sent);
  EXPECT_EQ(co_await read_to_end(*stream), "");
}
TEST(RpcServer, HalfOpenSlowAndIdleConnectionsAreClosed) {
  Server::Settings settings;
  settings.handshake_deadline = settings.frame_deadline = settings.idle_deadline = 20ms;
  Served served(settings);
  run(expect_closed(served, ""));
  run(expect_closed(served, kPreamble));
  run(expect_closed(served, kPreamble + context_frame().substr(0, 9)));
  run(expect_closed(served, kPreamble + context_frame()));
  run(expect_closed(served, kPreamble + context_frame() + std::string("\0\0", 2)));
}

Task<void> crowded(Served& served) {
  auto first = co_await connected(served.address(), kPreamble + context_frame());
  EXPECT_TRUE(co_await eventually([&] { return served.server->connections() == 1; }));
  auto second = co_await connected(served.address(), kPreamble + context_frame() + call_frame(1, "echo", ""));
  EXPECT_EQ(co_await read_to_end(*second), "");
  EXPECT_TRUE(co_await first->write(call_frame(1, "echo", "x")));
  EXPECT_EQ((co_await read_answer(*first))->text, "x");
}
TEST(RpcServer, NoMoreConnectionsAreTakenThanAllowed) {
  Server::Settings settings;
  settings.connections_max = 1;
  Served served(settings);
  run(crowded(served));
}

Task<void> release_until_cancelled(Served& served) {
  while (co_await sleep_for(1ms) && !co_await cancelled()) served.service.release();
}
Task<void> too_many_calls(Served& served) {
  auto stream = co_await connected(served.address(), kPreamble + context_frame() + call_frame(0, "echo", ""));
  EXPECT_TRUE(co_await read_answer(*stream));
  std::string calls;
  for (int i = 1; i <= 10; ++i) calls += call_frame(i, "wait", "");
  EXPECT_TRUE(co_await stream->write(calls));
  EXPECT_TRUE(co_await eventually([&] { return served.service.waiting == 4; }));
  EXPECT_EQ(served.service.calls, 1 + 4);
  TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(release_until_cancelled(served));
  std::set<uint32_t> answered;
  while (answered.size() < 10) {
    auto answer = co_await read_answer(*stream);
    EXPECT_TRUE(answer);
    if (!answer) break;
    answered.insert(answer->header.callid());
    EXPECT_LE(served.service.waiting, 4);
  }
  group.cancel();
  co_await group.join();
}
TEST(RpcServer, CallsInFlightAreBounded) {
  Server::Settings settings;
  settings.calls_in_flight_per_connection_max = 4;
  Served served(settings);
  run(too_many_calls(served));
}

Task<void> send_calls(Stream& stream, int count) {
  for (int i = 0; i < count; ++i) {
    if (!co_await stream.write(call_frame(i, "blob", "1000000"))) co_return;
  }
}
Task<void> deaf_peer(Served& served) {
  auto stream = co_await connected(served.address(), kPreamble + context_frame());
  TaskGroup group(co_await asio::this_coro::executor);
  group.spawn(send_calls(*stream, 200));
  EXPECT_TRUE(co_await eventually([&] { return served.service.calls >= 2; }));
  co_await expect_alive(served.address());
  EXPECT_LT(served.service.calls, 60);
  for (int i = 0; i < 200; ++i) {
    auto answer = co_await read_answer(*stream);
    EXPECT_TRUE(answer);
    if (!answer) break;
    EXPECT_EQ(answer->header.callid(), uint32_t(i));
    EXPECT_EQ(answer->text.size(), 1000000u);
  }
  co_await group.join();
}
TEST(RpcServer, APeerThatDoesNotReadIsNotReadFrom) {
  Server::Settings settings;
  settings.outgoing_bytes_max = 1 << 20;
  Served served(settings);
  run(deaf_peer(served));
}

Task<void> never_reads(Served& served) {
  auto stream = co_await connected(served.address(), kPreamble + context_frame() + call_frame(1, "blob", "50000000"));
  EXPECT_TRUE(co_await eventually([&] { return served.service.calls == 1; }));
  EXPECT_TRUE(co_await eventually([&] { return served.server->connections() == 0; }));
}
TEST(RpcServer, APeerThatNeverReadsIsClosed) {
  Server::Settings settings;
  settings.write_deadline = 20ms;
  Served served(settings);
  run(never_reads(served));
}

Task<void> leave_calls(Served& served) {
  for (int i = 0; i < 5; ++i) {
    auto stream = co_await connected(served.address(), kPreamble + context_frame() + call_frame(1, "wait", ""));
    EXPECT_TRUE(co_await eventually([&] { return served.service.waiting == i + 1; }));
  }
  EXPECT_TRUE(co_await eventually([&] { return served.server->connections() == 0; }));
  EXPECT_EQ(served.service.waiting, 5);
}
TEST(RpcServer, StoppingCancelsCallsEvenOfClientsThatHaveLeft) {
  Served served;
  run(leave_calls(served));
  served.server->stop();
  EXPECT_EQ(served.service.waiting, 0);
}

Task<void> kept_calls(Served& served) {
  auto stream = co_await connected(served.address(), kPreamble + context_frame());
  for (const char* text : {"nothing", "a", "wrong", "b"}) {
    EXPECT_TRUE(co_await stream->write(call_frame(text[0], "keep", text)));
  }
  EXPECT_EQ((co_await read_answer(*stream))->header.callid(), uint32_t('n'));
  EXPECT_TRUE(co_await eventually([&] { return served.service.keeper.count() == 3; }));
  std::thread(&Keeper::release, &served.service.keeper).join();
  for (const char* text : {"a", "wrong", "b"}) {
    auto answer = co_await read_answer(*stream);
    EXPECT_EQ(answer->header.callid(), uint32_t(text[0]));
    EXPECT_EQ(answer->header.exceptionclassname(), text[0] == 'w' ? "java.io.FileNotFoundException" : "");
    EXPECT_EQ(answer->text, text[0] == 'w' ? "" : text);
  }
}
TEST(RpcServer, CallsThatAnotherThreadHandsBackAreAnswered) {
  Served served;
  run(kept_calls(served));
}

Task<void> leave_kept(Served& served) {
  for (size_t i = 0; i < 2; ++i) {
    auto stream = co_await connected(served.address(), kPreamble + context_frame() + call_frame(1, "keep", "a"));
    EXPECT_TRUE(co_await eventually([&] { return served.service.keeper.count() == i + 1; }));
  }
}
TEST(RpcServer, StoppingWaitsForCallsThatAnotherThreadHolds) {
  Served served;
  run(leave_kept(served));
  std::future<void> stopping = std::async(std::launch::async, [&] { served.server->stop(); });
  run([](Served& stopped) -> Task<void> {
    EXPECT_TRUE(co_await eventually([&] { return stopped.server->connections() == 0; }));
  }(served));
  EXPECT_EQ(stopping.wait_for(0s), std::future_status::timeout);
  served.service.keeper.release();
  stopping.get();
}

TEST(RpcServer, APortInUseIsAnErrorAtStart) {
  Served served;
  EventLoop loop("test");
  NoGroups groups;
  security::ProxyUsers rules({}, groups);
  Server::Settings settings;
  settings.listen = served.address();
  Server second(settings, {loop.executor()}, {}, rules);
  Result<void> started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message(),
            "Problem binding to [" + served.address().to_string() + "] : Address already in use");
}

}  // namespace
}  // namespace dfs::rpc
