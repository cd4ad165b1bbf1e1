#include "namenode/service/rack_mapping.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <fstream>

#include "namenode/service/run_script.h"
#include "proto/base/event_loop.h"
#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::namenode {
namespace {

using std::chrono::milliseconds;

struct RackScript : testing::Test {
  RackScript() {
    spdlog::set_level(spdlog::level::off);
    char name[] = "/tmp/racks-XXXXXX";
    directory = mkdtemp(name);
    loop.start();
  }
  ~RackScript() override {
    loop.stop();
    for (const char* file : {"/script", "/table", "/calls"}) unlink((directory + file).c_str());
    rmdir(directory.c_str());
  }
  std::string script(const std::string& text) {
    const std::string path = directory + "/script";
    std::ofstream(path) << "#!/bin/sh\n" << text;
    chmod(path.c_str(), 0755);
    return path;
  }
  size_t calls() {
    std::ifstream file(directory + "/calls");
    size_t count = 0;
    for (std::string line; std::getline(file, line);) ++count;
    return count;
  }
  template <class T>
  T wait(Task<T> task) {
    return boost::asio::co_spawn(loop.executor(), std::move(task), boost::asio::use_future).get();
  }
  std::string rack(RackMapping& mapping, const std::string& address) {
    return wait(mapping.rack_of(address, "host.example"));
  }
  std::string directory;
  EventLoop loop{"test"};
};

TEST_F(RackScript, is_asked_once_for_each_host) {
  RackMapping mapping(
      {.script = script("echo \"$@\" >> " + directory + "/calls\nfor a in \"$@\"; do echo /rack-$a; done\n"),
       .arguments_max = 2,
       .table = {}});
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/rack-10.0.0.1");
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/rack-10.0.0.1");
  EXPECT_EQ(calls(), 1u);
  wait(mapping.prepare({"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4"}));
  EXPECT_EQ(calls(), 3u);
  EXPECT_EQ(rack(mapping, "10.0.0.4"), "/rack-10.0.0.4");
  EXPECT_EQ(calls(), 3u);
  EXPECT_TRUE(wait(mapping.forget()));
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/rack-10.0.0.1");
  EXPECT_EQ(calls(), 4u);
}

TEST_F(RackScript, that_fails_leaves_hosts_in_the_default_rack) {
  for (const char* text : {"exit 1\n", "echo /a /b\n", "kill -9 $$\n", ""}) {
    RackMapping mapping({.script = script(text), .table = {}});
    EXPECT_EQ(rack(mapping, "10.0.0.1"), "/default-rack") << text;
  }
  RackMapping mapping({.script = directory + "/none", .table = {}});
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/default-rack");
}

TEST_F(RackScript, that_hangs_is_killed_and_given_a_pause) {
  RackMapping mapping({.script = script("echo x >> " + directory + "/calls\nsleep 1000 & sleep 1000\n"),
                       .table = {},
                       .limit = milliseconds(100)});
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/default-rack");
  EXPECT_EQ(rack(mapping, "10.0.0.2"), "/default-rack");
  EXPECT_LE(calls(), 1u);
}

TEST_F(RackScript, may_be_a_table_which_is_read_again) {
  std::ofstream(directory + "/table") << "10.0.0.1 /a\n";
  RackMapping mapping({.script = {}, .table = directory + "/table"});
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/a");
  EXPECT_EQ(rack(mapping, "10.0.0.2"), "/default-rack");
  std::ofstream(directory + "/table") << "10.0.0.1 /b\n";
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/a");
  EXPECT_TRUE(wait(mapping.forget()));
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/b");
  unlink((directory + "/table").c_str());
  EXPECT_FALSE(wait(mapping.forget()));
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/b");
}

TEST_F(RackScript, nothing_configured_is_one_rack) {
  RackMapping mapping({});
  EXPECT_EQ(rack(mapping, "10.0.0.1"), "/default-rack");
}

TEST_F(RackScript, that_writes_without_end_is_stopped) {
  Result<std::string> output =
      run_script({script("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done\n")}, std::chrono::seconds(60));
  ASSERT_FALSE(output);
  EXPECT_NE(output.error().message().find("writes too much"), std::string::npos);
}

}  // namespace
}  // namespace dfs::namenode
