#include "proto/rpc/activity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "tests/unit/proto/rpc/served.h"

namespace dfs::rpc {
namespace {

using namespace std::chrono_literals;

Task<void> some_calls(Served& served, Client& client) {
  Text answer;
  for (const char* method : {"echo", "echo", "echoLater", "blob"}) {
    Result<void> called = co_await client.call(method, text_of("3"), answer);
    EXPECT_TRUE(called);
  }
  Result<void> failed = co_await client.call("fail", text_of("java.io.FileNotFoundException"), answer);
  EXPECT_FALSE(failed);
  EXPECT_THAT(served.server->activity().connections_by_user(), testing::ElementsAre(testing::Pair("alice", 1)));
  co_await client.close();
}

std::map<std::string, uint64_t> counts_of(const Activity& activity) {
  std::map<std::string, uint64_t> counts;
  for (const Activity::Method& method : activity.methods()) counts[method.name] = method.rate->count();
  return counts;
}

TEST(RpcActivity, CountsCallsByMethodAndErrorsByClass) {
  Server::Settings settings;
  settings.measured_methods = {"echo", "echoLater", "never"};
  Served served(settings);
  asio::io_context loop;
  Client client(loop.get_executor(), served.client_settings());
  auto done = asio::co_spawn(loop, some_calls(served, client), asio::use_future);
  loop.run();
  done.get();
  const Activity& activity = served.server->activity();
  EXPECT_THAT(counts_of(activity),
              testing::UnorderedElementsAre(testing::Pair("echo", 2), testing::Pair("echoLater", 1),
                                            testing::Pair("never", 0), testing::Pair("FileNotFoundException", 1)));
  EXPECT_EQ(activity.queue_time.count(), 5u);
  EXPECT_EQ(activity.processing_time.count(), 5u);
  EXPECT_EQ(activity.successes.value(), 4u);
  EXPECT_EQ(activity.authorized.value(), 1u);
  EXPECT_EQ(activity.in_process(), 0u);
  EXPECT_GT(activity.received_bytes.value(), 100u);
  EXPECT_GT(activity.sent_bytes.value(), 100u);
  EXPECT_GT(activity.processing_time.total(), 0ns);
}

TEST(RpcActivity, CallsThatAreHeldSayNothingAboutTheServersSpeed) {
  Activity activity({"stat", "beat"}, {"beat"});
  const Result<std::string> answer = std::string();
  activity.answered(activity.rate_of("beat"), answer, 3s);
  activity.answered(activity.rate_of("stat"), answer, 3ms);
  activity.answered(nullptr, answer, 4ms);
  EXPECT_EQ(activity.processing_time.total(), 7ms);
  EXPECT_EQ(activity.rate_of("beat")->total(), 3s);
  EXPECT_EQ(activity.successes.value(), 3u);
}

TEST(RpcActivity, ConnectionsAreCountedByUser) {
  Activity activity({});
  activity.opened("alice");
  activity.opened("alice");
  activity.opened("bob");
  activity.closed("bob");
  activity.closed("alice");
  EXPECT_THAT(activity.connections_by_user(), testing::ElementsAre(testing::Pair("alice", 1)));
}

TEST(RpcActivity, CallsPerSecondAreThoseOfTheLastSecond) {
  Activity activity({});
  TimePoint now{1h};
  activity.note_time(now);
  for (int i = 0; i < 50; ++i) activity.queue_time.add(1us);
  activity.note_time(now + 500ms);
  EXPECT_EQ(activity.calls_per_second(), 0u);
  activity.note_time(now + 2s);
  EXPECT_EQ(activity.calls_per_second(), 25u);
  activity.note_time(now + 3s);
  EXPECT_EQ(activity.calls_per_second(), 0u);
}

}  // namespace
}  // namespace dfs::rpc
