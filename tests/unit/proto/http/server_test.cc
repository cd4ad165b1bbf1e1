#include "proto/http/server.h"

#include <gtest/gtest.h>

#include "proto/base/event_loop.h"
#include "proto/base/task.h"
#include "proto/http/client.h"

namespace dfs::http {
namespace {

using namespace std::chrono_literals;

// Answers with what it was asked, or with what the path names.
class Echo final : public Handler {
 public:
  Task<void> handle(const Request& request, RequestBody& body, ResponseWriter& writer) override {
    if (request.path == "/silent") co_return;
    if (request.path == "/stream") {
      EXPECT_TRUE(co_await writer.begin(200, {}, std::nullopt));
      for (std::string_view part : {"one ", "two ", "three"}) EXPECT_TRUE(co_await writer.write(as_bytes(part)));
      EXPECT_TRUE(co_await writer.finish());
      co_return;
    }
    if (request.path == "/split") {
      Response response;
      response.headers.add("Location", "x\r\nSet-Cookie: y");
      EXPECT_FALSE(co_await writer.begin(200, response.headers, 0));
      EXPECT_TRUE(co_await writer.send(std::move(response)));
      co_return;
    }
    if (request.path == "/short") {
      EXPECT_TRUE(co_await writer.begin(200, {}, 100));
      EXPECT_TRUE(co_await writer.write(as_bytes("only this")));
      EXPECT_FALSE(co_await writer.finish());
      co_return;
    }
    Response response;
    response.status = 201;
    response.headers.add("X-Path", request.path);
    if (auto value = request.query.find("A")) response.headers.add("X-A", std::string(*value));
    if (request.path != "/unread") {
      std::array<uint8_t, 1000> buffer;
      while (true) {
        Result<size_t> read = co_await body.read_some(buffer);
        if (!read || *read == 0) break;
        response.body.append(as_text(std::span(buffer).first(*read)));
      }
    }
    (void)co_await writer.send(std::move(response));
  }
};

class HttpTest : public testing::Test {
 protected:
  HttpTest() {
    loop_.start();
    Server::Settings settings;
    settings.listen = {{"127.0.0.1", 0}, {"127.0.0.1", 0}};
    server_ = std::make_unique<Server>(settings, std::vector{loop_.executor(), loop_.executor()}, echo_);
    EXPECT_TRUE(server_->start());
  }
  ~HttpTest() override {
    server_->stop();
    loop_.stop();
  }

  template <class F>
  auto on_loop(F work) {
    return asio::co_spawn(loop_.executor(), work(), asio::use_future).get();
  }
  Endpoint at() const { return {"127.0.0.1", server_->ports()[0]}; }

  EventLoop loop_{"http-test"};
  Echo echo_;
  std::unique_ptr<Server> server_;
};

Task<Result<Response>> ask(Endpoint at, std::string method, std::string target, Fields headers, std::string body) {
  DFS_CO_TRY(auto client, co_await Client::connect(at, 5s));
  co_return co_await client->exchange(std::move(method), std::move(target), std::move(headers), std::move(body));
}

TEST_F(HttpTest, PathAndQueryArriveDecoded) {
  auto response = on_loop([&] { return ask(at(), "PUT", "/a%20b/%C3%A4?x=1&a=p%26q+r", {}, "body"); });
  ASSERT_TRUE(response) << response.error().to_string();
  EXPECT_EQ(response->status, 201u);
  EXPECT_EQ(response->headers.find("x-path"), "/a b/ä");
  EXPECT_EQ(response->headers.find("x-a"), "p&q r");
  EXPECT_EQ(response->body, "body");
}

TEST_F(HttpTest, AllAddressesServe) {
  Endpoint second{"127.0.0.1", server_->ports()[1]};
  EXPECT_NE(second.port, at().port);
  EXPECT_EQ(on_loop([&] { return ask(second, "GET", "/", {}, ""); })->status, 201u);
}

Task<std::vector<std::string>> several(Endpoint at) {
  std::vector<std::string> bodies;
  auto client = co_await Client::connect(at, 5s);
  for (int i = 0; i < 3; ++i) {
    auto response =
        co_await (*client)->exchange("POST", i == 1 ? "/unread" : "/", {}, std::string(5000, char('a' + i)));
    bodies.push_back(response ? response->body : response.error().to_string());
  }
  co_return bodies;
}

TEST_F(HttpTest, AConnectionServesManyRequestsAlsoAfterABodyThatNobodyRead) {
  std::vector<std::string> expected = {std::string(5000, 'a'), "", std::string(5000, 'c')};
  EXPECT_EQ(on_loop([&] { return several(at()); }), expected);
}

TEST_F(HttpTest, ABodyWithoutLengthComesInChunks) {
  auto response = on_loop([&] { return ask(at(), "GET", "/stream", {}, ""); });
  EXPECT_EQ(response->headers.find("Transfer-Encoding"), "chunked");
  EXPECT_EQ(response->body, "one two three");
}

TEST_F(HttpTest, ABodyShorterThanAnnouncedIsSeenAsTruncated) {
  auto response = on_loop([&] { return ask(at(), "GET", "/short", {}, ""); });
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code(), ErrorCode::kEof);
}

TEST_F(HttpTest, AHandlerWithoutAnswerIsAnsweredForWith500) {
  EXPECT_EQ(on_loop([&] { return ask(at(), "GET", "/silent", {}, ""); })->status, 500u);
}

Task<Result<std::string>> upload_when_told(Endpoint at) {
  DFS_CO_TRY(auto stream, co_await connect_tcp(at, 5s));
  DFS_CO_TRY_OK(co_await stream->write(
      std::string_view("PUT /x HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nTransfer-Encoding: "
                       "chunked\r\nConnection: close\r\n\r\n")));
  std::string seen(25, ' ');
  DFS_CO_TRY_OK(co_await stream->read_all({reinterpret_cast<uint8_t*>(seen.data()), seen.size()}));
  DFS_CO_TRY_OK(co_await stream->write(std::string_view("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")));
  std::array<uint8_t, 4096> buffer;
  while (true) {
    Result<size_t> read = co_await stream->read_some(buffer);
    if (!read) co_return seen;
    seen += as_text(std::span(buffer).first(*read));
  }
}

TEST_F(HttpTest, AClientThatWaitsToContinueIsToldSoAtTheFirstRead) {
  auto seen = on_loop([&] { return upload_when_told(at()); });
  ASSERT_TRUE(seen) << seen.error().to_string();
  EXPECT_TRUE(seen->starts_with("HTTP/1.1 100 Continue\r\n\r\n")) << *seen;
  EXPECT_TRUE(seen->ends_with("\r\n\r\nabcde")) << *seen;
}

Task<Result<std::string>> send_raw(Endpoint at, std::string bytes) {
  DFS_CO_TRY(auto stream, co_await connect_tcp(at, 5s));
  DFS_CO_TRY_OK(co_await stream->write(std::string_view(bytes)));
  stream->shutdown_write();
  std::string seen;
  std::array<uint8_t, 4096> buffer;
  while (true) {
    Result<size_t> read = co_await stream->read_some(buffer);
    if (!read) co_return seen;
    seen += as_text(std::span(buffer).first(*read));
  }
}

TEST_F(HttpTest, GarbageIsRefusedAndHurtsNoOtherConnection) {
  EXPECT_TRUE(on_loop([&] { return send_raw(at(), "\x16\x03\x01 nonsense\r\n\r\n"); })->starts_with("HTTP/1.1 400"));
  std::string endless = "GET / HTTP/1.1\r\nX: " + std::string(100'000, 'x');
  EXPECT_TRUE(on_loop([&] { return send_raw(at(), endless); })->starts_with("HTTP/1.1 431"));
  EXPECT_TRUE(
      on_loop([&] { return send_raw(at(), "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"); })->starts_with("HTTP/1.1 400"));
  EXPECT_EQ(on_loop([&] { return ask(at(), "GET", "/", {}, ""); })->status, 201u);
}

TEST_F(HttpTest, AHeaderThatWouldEndItsLineIsNotSent) {
  auto response = on_loop([&] { return ask(at(), "GET", "/split", {}, ""); });
  EXPECT_EQ(response->status, 500u);
  EXPECT_FALSE(response->headers.find("Set-Cookie"));
}

Task<Result<std::string>> upload_unread(Endpoint at) {
  DFS_CO_TRY(auto stream, co_await connect_tcp(at, 5s));
  DFS_CO_TRY_OK(co_await stream->write("PUT /unread HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n"));
  DFS_CO_TRY_OK(co_await stream->write(std::string(3'000'000, 'x')));
  std::string seen;
  std::array<uint8_t, 4096> buffer;
  while (auto read = co_await stream->read_some(buffer)) seen += as_text(std::span(buffer).first(*read));
  co_return seen;
}
TEST_F(HttpTest, AResponseReachesAClientWhoseLargeBodyNobodyReads) {
  auto seen = on_loop([&] { return upload_unread(at()); });
  ASSERT_TRUE(seen) << seen.error().to_string();
  EXPECT_TRUE(seen->starts_with("HTTP/1.1 201")) << *seen;
}

Task<void> cut_off(Endpoint at) {
  std::string whole = "POST /a?b=c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  for (size_t length = 0; length < whole.size(); ++length) (void)co_await send_raw(at, whole.substr(0, length));
}
TEST_F(HttpTest, ARequestCutOffAtAnyByteHurtsNobody) {
  asio::co_spawn(loop_.executor(), cut_off(at()), asio::use_future).get();
  EXPECT_EQ(on_loop([&] { return ask(at(), "GET", "/", {}, ""); })->status, 201u);
}

TEST_F(HttpTest, AnAddressInUseIsNamed) {
  Server::Settings settings;
  settings.listen = {at()};
  Server second(settings, {loop_.executor()}, echo_);
  Result<void> started = second.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message(), "Problem binding to [" + at().to_string() + "] : Address already in use");
}

TEST(Percent, PathsKeepTheirSlashes) {
  EXPECT_EQ(percent_encode("/a b/ä%", EncodeFor::kPath), "/a%20b/%C3%A4%25");
  EXPECT_EQ(percent_encode("a/b&c", EncodeFor::kQuery), "a%2Fb%26c");
}

}  // namespace
}  // namespace dfs::http
