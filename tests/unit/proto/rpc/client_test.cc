#include "proto/rpc/client.h"

#include <gtest/gtest.h>

#include "tests/unit/proto/rpc/served.h"

namespace dfs::rpc {
namespace {

Task<Result<std::string>> ask(Client& client, std::string method, std::string text) {
  Text response;
  DFS_CO_TRY_OK(co_await client.call(method, text_of(std::move(text)), response));
  co_return response.protocol();
}

Task<void> with_client(Client::Settings settings, Task<void> (*test)(Client&)) {
  Client client(co_await asio::this_coro::executor, std::move(settings));
  co_await test(client);
  co_await client.close();
}

Task<void> calls_are_answered(Client& client) {
  EXPECT_EQ(*co_await ask(client, "echo", "a"), "a");
  EXPECT_EQ(*co_await ask(client, "echoLater", "b"), "b");
  EXPECT_EQ(*co_await ask(client, "who", ""), "alice (auth:SIMPLE) 127.0.0.1 16 0 ");
  EXPECT_EQ((co_await ask(client, "blob", "5000000"))->size(), 5000000u);
  EXPECT_EQ(*co_await ask(client, "echo", std::string(3 << 20, 'y')), std::string(3 << 20, 'y'));
}
TEST(RpcClient, CallsOfAnySizeAreAnswered) {
  Served served;
  run(with_client(served.client_settings(), calls_are_answered));
}

Task<void> errors_keep_their_class(Client& client) {
  Result<std::string> known = co_await ask(client, "fail", "java.io.FileNotFoundException");
  EXPECT_EQ(known.error().code(), ErrorCode::kFileNotFound);
  EXPECT_EQ(known.error().message(), "the message");
  Result<std::string> unknown = co_await ask(client, "fail", "org.example.Odd");
  EXPECT_EQ(unknown.error().code(), ErrorCode::kRemote);
  EXPECT_EQ(unknown.error().java_class(), "org.example.Odd");
  EXPECT_EQ((co_await ask(client, "none", "")).error().code(), ErrorCode::kNoSuchMethod);
}
TEST(RpcClient, AnErrorKeepsItsJavaClass) {
  Served served;
  run(with_client(served.client_settings(), errors_keep_their_class));
}

Task<void> no_such_protocol(Client& client) {
  Result<std::string> answer = co_await ask(client, "echo", "");
  EXPECT_EQ(answer.error().code(), ErrorCode::kNoSuchProtocol);
  EXPECT_EQ(answer.error().message(), "Unknown protocol: org.example.P");
}
Task<void> other_version(Client& client) {
  Result<std::string> answer = co_await ask(client, "echo", "");
  EXPECT_EQ(answer.error().code(), ErrorCode::kVersionMismatch);
  EXPECT_EQ(answer.error().message(),
            "Protocol org.apache.hadoop.hdfs.protocol.ClientProtocol version mismatch. (client = 2, server = 1)");
}
TEST(RpcClient, AnUnknownProtocolOrVersionIsRefused) {
  Served served;
  Client::Settings settings = served.client_settings();
  settings.protocol = "org.example.P";
  run(with_client(settings, no_such_protocol));
  settings = served.client_settings();
  settings.protocol_version = 2;
  run(with_client(settings, other_version));
}

Task<void> versions(Client& client) {
  hadoop::common::GetProtocolVersionsResponseProto response;
  EXPECT_TRUE(co_await client.call("getProtocolVersions",
                                   text_of("org.apache.hadoop.hdfs.protocolPB.ClientNamenodeProtocolPB"), response));
  EXPECT_EQ(response.protocolversions_size(), 1);
  EXPECT_EQ(response.protocolversions(0).versions(0), 1u);
  EXPECT_TRUE(co_await client.call("getProtocolVersions",
                                   text_of("org.apache.hadoop.hdfs.protocolPB.InterDatanodeProtocolPB"), response));
  EXPECT_EQ(response.protocolversions_size(), 0);
  Result<void> unknown = co_await client.call("getProtocolVersions", text_of("org.example.P"), response);
  EXPECT_EQ(unknown.error().java_class(), "java.lang.ClassNotFoundException");
  hadoop::common::GetProtocolSignatureRequestProto request;
  request.set_protocol("org.apache.hadoop.hdfs.protocolPB.ClientNamenodeProtocolPB");
  request.set_rpckind("RPC_PROTOCOL_BUFFER");
  hadoop::common::GetProtocolSignatureResponseProto signature;
  EXPECT_TRUE(co_await client.call("getProtocolSignature", request, signature));
  EXPECT_EQ(signature.protocolsignature(0).version(), 1u);
}
TEST(RpcClient, TheServerTellsTheVersionsOfItsProtocols) {
  Served served;
  Client::Settings settings = served.client_settings();
  settings.protocol = "org.apache.hadoop.ipc.ProtocolMetaInfoPB";
  run(with_client(settings, versions));
}

Task<void> proxied(Client& client) {
  EXPECT_EQ(*co_await ask(client, "who", ""), "alice (auth:PROXY) via knox (auth:SIMPLE) 127.0.0.1 16 0 ");
}
Task<void> not_allowed(Client& client) {
  Result<std::string> answer = co_await ask(client, "who", "");
  EXPECT_EQ(answer.error().code(), ErrorCode::kAuthorization);
  EXPECT_EQ(answer.error().message(), "User: knox is not allowed to impersonate bob");
}
TEST(RpcClient, ARealUserNeedsARuleToActForAnother) {
  Served served;
  Client::Settings settings = served.client_settings();
  settings.user = {"alice@EXAMPLE.ORG", "knox/host@EXAMPLE.ORG"};
  run(with_client(settings, proxied));
  settings.user = {"bob", "knox"};
  run(with_client(settings, not_allowed));
}

Task<void> ask_into(Client& client, std::string method, std::string text, std::vector<std::string>& answers) {
  Result<std::string> answer = co_await ask(client, std::move(method), std::move(text));
  answers.push_back(answer ? *answer : std::string(answer.error().java_class()));
}

Task<void> interleaved(Served& served) {
  Client client(co_await asio::this_coro::executor, served.client_settings());
  TaskGroup group(co_await asio::this_coro::executor);
  std::vector<std::string> waited, direct;
  for (int i = 0; i < 100; ++i) group.spawn(ask_into(client, "wait", std::to_string(i), waited));
  for (int i = 0; i < 1000; ++i) {
    group.spawn(ask_into(client, i % 2 == 0 ? "echo" : "echoLater", std::to_string(i), direct));
  }
  EXPECT_TRUE(co_await eventually([&] { return direct.size() == 1000; }));
  EXPECT_TRUE(co_await eventually([&] { return served.service.waiting == 100; }));
  EXPECT_TRUE(waited.empty());
  served.service.release();
  co_await group.join();
  EXPECT_EQ(std::set<std::string>(direct.begin(), direct.end()).size(), 1000u);
  EXPECT_EQ(std::set<std::string>(waited.begin(), waited.end()).size(), 100u);
  EXPECT_EQ(served.server->connections(), 1u);
  co_await client.close();
}
TEST(RpcClient, ManyCallsShareAConnectionAndAreAnsweredInAnyOrder) {
  Served served;
  run(interleaved(served));
}

Task<void> close_in_flight(Served& served) {
  Client client(co_await asio::this_coro::executor, served.client_settings());
  TaskGroup group(co_await asio::this_coro::executor);
  std::vector<std::string> answers;
  group.spawn(ask_into(client, "wait", "", answers));
  EXPECT_TRUE(co_await eventually([&] { return served.service.waiting == 1; }));
  co_await client.close();
  co_await group.join();
  EXPECT_EQ(answers, std::vector<std::string>{"java.io.InterruptedIOException"});
  EXPECT_EQ((co_await ask(client, "echo", "")).error().code(), ErrorCode::kCancelled);
}
TEST(RpcClient, ClosingEndsTheCallsInFlight) {
  Served served;
  run(close_in_flight(served));
}

Task<void> cancelled_call(Served& served) {
  Client client(co_await asio::this_coro::executor, served.client_settings());
  TaskGroup group(co_await asio::this_coro::executor);
  std::vector<std::string> answers;
  group.spawn(ask_into(client, "wait", "", answers));
  EXPECT_TRUE(co_await eventually([&] { return served.service.waiting == 1; }));
  group.cancel();
  co_await group.join();
  EXPECT_EQ(answers, std::vector<std::string>{"java.io.InterruptedIOException"});
  served.service.release();
  EXPECT_EQ(*co_await ask(client, "echo", "still"), "still");
  co_await client.close();
}
TEST(RpcClient, ACancelledCallLeavesTheConnectionToTheOthers) {
  Served served;
  run(cancelled_call(served));
}

Task<void> deadlines(Served& served) {
  Client::Settings settings = served.client_settings();
  settings.call_deadline = 20ms;
  settings.ping_interval = 5ms;
  Client client(co_await asio::this_coro::executor, settings);
  Result<std::string> late = co_await ask(client, "wait", "");
  EXPECT_EQ(late.error().code(), ErrorCode::kTimeout);
  EXPECT_EQ(late.error().message(), "wait at " + served.address().to_string() + " timed out after 20 ms");
  served.service.release();
  EXPECT_EQ(*co_await ask(client, "echo", "x"), "x");
  co_await client.close();
}
TEST(RpcClient, ACallWithoutAnAnswerEndsAtItsDeadline) {
  Served served;
  run(deadlines(served));
}

Task<void> idle(Served& served) {
  Client::Settings settings = served.client_settings();
  settings.idle_deadline = 5ms;
  Client client(co_await asio::this_coro::executor, settings);
  EXPECT_EQ(*co_await ask(client, "echo", "x"), "x");
  EXPECT_TRUE(co_await eventually([&] { return served.server->connections() == 0; }));
  EXPECT_EQ(*co_await ask(client, "echo", "y"), "y");
  co_await client.close();
}
TEST(RpcClient, AnIdleConnectionIsClosedAndOpenedAgainByTheNextCall) {
  Served served;
  run(idle(served));
}

Task<void> server_goes(std::unique_ptr<Served>& served) {
  Client client(co_await asio::this_coro::executor, served->client_settings());
  TaskGroup group(co_await asio::this_coro::executor);
  std::vector<std::string> answers;
  group.spawn(ask_into(client, "wait", "", answers));
  EXPECT_TRUE(co_await eventually([&] { return served->service.waiting == 1; }));
  served.reset();
  co_await group.join();
  EXPECT_EQ(answers, std::vector<std::string>{"java.io.EOFException"});
  EXPECT_EQ((co_await ask(client, "echo", "x")).error().code(), ErrorCode::kConnect);
  co_await client.close();
}
TEST(RpcClient, AServerThatGoesEndsCallsWithEofAndLaterOnesWithConnect) {
  auto served = std::make_unique<Served>();
  run(server_goes(served));
}

// Answers whatever it is asked with the bytes given.
Task<void> answer_with(Listener& listener, std::string bytes) {
  auto stream = co_await listener.accept(co_await asio::this_coro::executor);
  EXPECT_TRUE(stream);
  std::array<uint8_t, 4096> sink{};
  EXPECT_TRUE(co_await (*stream)->read_some(sink));
  EXPECT_TRUE(co_await (*stream)->write(bytes));
  while (co_await (*stream)->read_some(sink)) {
  }
}

Task<void> bad_servers() {
  auto executor = co_await asio::this_coro::executor;
  RpcResponseHeaderProto success;
  success.set_callid(0);
  success.set_status(RpcResponseHeaderProto::SUCCESS);
  std::string not_a_response;
  size_t frame = open_frame(not_a_response);
  append_delimited(not_a_response, success);
  append_delimited(not_a_response, std::string_view("\xff"));
  close_frame(not_a_response, frame);
  for (const std::string& bytes :
       {std::string("\xff\xff\xff\xff"), std::string("\0\0\0\1\0", 5), std::string("\0\0\0\2\5x", 6), not_a_response}) {
    auto listener = Listener::open(executor, {"127.0.0.1", 0});
    EXPECT_TRUE(listener);
    TaskGroup group(executor);
    group.spawn(answer_with(**listener, bytes));
    Client::Settings settings;
    settings.server = {"127.0.0.1", (*listener)->port()};
    settings.call_deadline = 10s;
    Client client(executor, settings);
    EXPECT_EQ((co_await ask(client, "echo", "x")).error().code(), ErrorCode::kCorruptFormat);
    co_await client.close();
    co_await group.join();
  }
}
TEST(RpcClient, AnAnswerThatIsNoneIsCorruptFormat) {
  run(bad_servers());
}

}  // namespace
}  // namespace dfs::rpc
