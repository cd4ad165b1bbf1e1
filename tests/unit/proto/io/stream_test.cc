#include "proto/io/stream.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/buffer.hpp>
#include <csignal>

#include "proto/base/task.h"
#include "proto/io/disk.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/proto/io/run.h"

namespace dfs {
namespace {

using namespace std::chrono_literals;

struct Pair {
  std::unique_ptr<Stream> client, server;
};

Task<Pair> connected_pair() {
  auto executor = co_await asio::this_coro::executor;
  auto listener = Listener::open(executor, {"127.0.0.1", 0});
  EXPECT_TRUE(listener);
  Pair pair;
  pair.client = (co_await connect_tcp({"127.0.0.1", (*listener)->port()}, 5s)).value();
  pair.server = (co_await (*listener)->accept(executor)).value();
  co_return pair;
}

TEST(Endpoint, HostAndPortAreReadAndWritten) {
  EXPECT_EQ(*Endpoint::parse("a.b:1", 9), (Endpoint{"a.b", 1}));
  EXPECT_EQ(*Endpoint::parse("a.b", 9), (Endpoint{"a.b", 9}));
  EXPECT_EQ(*Endpoint::parse("[::1]:0", 9), (Endpoint{"::1", 0}));
  EXPECT_EQ(*Endpoint::parse("[::1]", 9), (Endpoint{"::1", 9}));
  EXPECT_EQ(*Endpoint::parse("::1", 9), (Endpoint{"::1", 9}));
  EXPECT_EQ((Endpoint{"::1", 9}).to_string(), "[::1]:9");
  EXPECT_EQ((Endpoint{"a", 9}).to_string(), "a:9");
}

TEST(Endpoint, WhatIsNoAddressIsAnErrorWithTheText) {
  for (const char* text : {"", ":1", "a:", "a:x", "a:65536", "a:-1", "[::1", "[::1]x", "[]:1", "a b:1", "a/b:1"}) {
    auto endpoint = Endpoint::parse(text, 9);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_NE(endpoint.error().message().find(fmt::format("\"{}\"", text)), std::string::npos);
  }
}

Task<void> exchange() {
  Pair pair = co_await connected_pair();
  EXPECT_EQ(pair.client->remote(), pair.server->local());
  EXPECT_EQ(pair.server->remote(), pair.client->local());
  EXPECT_EQ(pair.server->remote_address(), "127.0.0.1");
  EXPECT_GE(pair.client->descriptor(), 0);
  EXPECT_TRUE(co_await pair.client->wait_writable());
  asio::const_buffer buffers[] = {asio::buffer("ab", 2), asio::buffer("cde", 3)};
  EXPECT_TRUE(co_await pair.client->write(buffers));
  std::array<uint8_t, 5> read{};
  EXPECT_TRUE(co_await pair.server->read_all(read));
  EXPECT_EQ(as_text(read), "abcde");
  pair.client->shutdown_write();
  EXPECT_EQ((co_await pair.server->read_all(read)).error().code(), ErrorCode::kEof);
  EXPECT_TRUE(co_await pair.server->write("x"));
  EXPECT_EQ(*co_await pair.client->read_some(read), 1u);
  pair.client->close();
  pair.client->close();
  EXPECT_EQ(pair.client->descriptor(), -1);
  EXPECT_EQ((co_await pair.client->read_some(read)).error().code(), ErrorCode::kEof);
  EXPECT_EQ((co_await pair.client->write("x")).error().code(), ErrorCode::kEof);
  EXPECT_EQ((co_await pair.client->wait_writable()).error().code(), ErrorCode::kEof);
}
TEST(Stream, BytesArriveInOrderAndTheEndIsSeen) {
  run(exchange());
}

Task<void> exchange_without_waiting() {
  Pair pair = co_await connected_pair();
  std::array<uint8_t, 8> read{};
  EXPECT_EQ(*pair.server->read_now(read), 0u);
  EXPECT_FALSE(pair.server->linger_readable(0ms));
  EXPECT_EQ(pair.client->write_now("ab", Stream::Follows::kMore), 2u);
  EXPECT_EQ(pair.client->write_now("c"), 1u);
  EXPECT_TRUE(co_await pair.server->wait_readable());
  EXPECT_TRUE(pair.server->linger_readable(5s));
  EXPECT_TRUE(co_await pair.server->read_all(std::span(read).first(2)));
  EXPECT_EQ(*pair.server->read_now(read), 1u);
  pair.client->shutdown_write();
  EXPECT_TRUE(co_await pair.server->wait_readable());
  EXPECT_EQ(pair.server->read_now(read).error().code(), ErrorCode::kEof);
  pair.server->close();
  EXPECT_EQ(pair.server->read_now(read).error().code(), ErrorCode::kEof);
  EXPECT_EQ((co_await pair.server->wait_readable()).error().code(), ErrorCode::kEof);
}
TEST(Stream, WhatHasArrivedIsTakenWithoutWaiting) {
  run(exchange_without_waiting());
}

// Files with a descriptor go out by sendfile, others through memory.
Task<void> send_file(Disk& disk, std::string path) {
  const std::string content(300'000, 'f');
  auto file = disk.open(path, Disk::OpenMode::kCreateNew);
  EXPECT_TRUE(file);
  EXPECT_TRUE((*file)->pwrite(as_bytes(content), 0));
  Pair pair = co_await connected_pair();
  std::string received;
  std::vector<uint8_t> part(1u << 20);
  for (uint64_t sent = 10; sent < content.size();) {
    auto count = pair.client->send_file_now(**file, sent, content.size() - sent);
    EXPECT_TRUE(count);
    if (!count) co_return;
    if (*count == 0) EXPECT_TRUE(co_await pair.client->wait_writable());
    sent += *count;
    while (received.size() + 10 < sent) {
      auto read = co_await pair.server->read_some(part);
      EXPECT_TRUE(read);
      if (!read) co_return;
      received += as_text(ByteView(part).first(*read));
    }
  }
  EXPECT_EQ(received, content.substr(10));
  EXPECT_EQ(pair.client->send_file_now(**file, content.size(), 1).error().code(), ErrorCode::kCorruptFormat);
  // Until it would have to wait; then the peer goes away.
  while (*pair.client->send_file_now(**file, 0, content.size()) > 0) {
  }
  std::signal(SIGPIPE, SIG_IGN);
  pair.client->close();
  EXPECT_EQ(pair.client->send_file_now(**file, 0, 1).error().code(), ErrorCode::kEof);
}
TEST(Stream, AFileIsSentWithoutWaitingFromDiskAndFromMemory) {
  MemoryDisk memory;
  run(send_file(memory, "/file"));
  char folder[] = "/tmp/dfs_stream_test_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  run(send_file(Disk::posix(), std::string(folder) + "/file"));
  EXPECT_TRUE(Disk::posix().remove_tree(folder));
}

Task<void> read_until_cancelled(Stream& stream, ErrorCode& code) {
  std::array<uint8_t, 5> read{};
  code = (co_await stream.read_some(read)).error().code();
}
Task<void> cancel_a_read() {
  Pair pair = co_await connected_pair();
  TaskGroup group(co_await asio::this_coro::executor);
  ErrorCode code = ErrorCode::kIo;
  group.spawn(read_until_cancelled(*pair.client, code));
  co_await asio::post(kAwait);
  group.cancel();
  co_await group.join();
  EXPECT_EQ(code, ErrorCode::kCancelled);
}
TEST(Stream, ACancelledReadEndsWithCancelled) {
  run(cancel_a_read());
}

Task<void> refusals() {
  auto executor = co_await asio::this_coro::executor;
  auto listener = Listener::open(executor, {"localhost", 0});
  EXPECT_TRUE(listener);
  Endpoint taken{"127.0.0.1", (*listener)->port()};
  auto second = Listener::open(executor, taken);
  EXPECT_FALSE(second);
  EXPECT_EQ(second.error().code(), ErrorCode::kConnect);
  EXPECT_EQ(second.error().message(), "Problem binding to [" + taken.to_string() + "] : Address already in use");
  (*listener)->close();
  EXPECT_FALSE(co_await (*listener)->accept(executor));
  auto refused = co_await connect_tcp(taken, 5s);
  EXPECT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::kConnect);
  EXPECT_EQ(refused.error().message(), "connect to " + taken.to_string() + ": Connection refused");
  EXPECT_EQ((co_await connect_tcp({"no-such-host.invalid", 1}, 20s)).error().code(), ErrorCode::kUnknownHost);
  EXPECT_EQ(Listener::open(executor, {"no-such-host.invalid", 1}).error().code(), ErrorCode::kUnknownHost);
}
TEST(Stream, APortInUseARefusalAndAnUnknownNameAreToldApart) {
  run(refusals());
}

}  // namespace
}  // namespace dfs
