#include <gtest/gtest.h>

#include "tests/simulation/cluster/cluster.h"
#include "tests/simulation/kernel/run.h"

namespace dfs::simulation {
namespace {

std::string write_and_read(uint64_t) {
  auto cluster = std::make_unique<Cluster>(Cluster::Settings{});
  std::string problem;
  auto thread = cluster->on(cluster->client_host(0), [&] {
    fs::FileSystem files = cluster->connect();
    auto out = files.create("/a", {.replication = 3, .block_size = 64 << 10});
    if (!out) return void(problem = out.error().message());
    std::string content(200'000, 'x');
    if (auto written = out->write(content.data(), content.size()); !written)
      return void(problem = written.error().message());
    if (auto closed = out->close(); !closed) return void(problem = closed.error().message());
    auto in = files.open("/a");
    if (!in) return void(problem = in.error().message());
    std::string read(content.size(), '\0');
    auto length = in->pread(0, read.data(), read.size());
    if (!length) return void(problem = length.error().message());
    if (*length != content.size() || read != content) problem = "other bytes";
  });
  thread.join();
  (void)cluster.release();
  return problem;
}

TEST(Simulation, AFileIsWrittenAndReadOnVirtualTime) {
  Outcome outcome = run_seed(1, write_and_read);
  EXPECT_TRUE(outcome.passed) << outcome.output;
  std::printf("%.3f virtual s, %lu steps, %.3f CPU s\n%s", outcome.virtual_seconds, outcome.steps, outcome.cpu_seconds,
              outcome.output.c_str());
}

TEST(Simulation, ASeedRunsTheSameWayAgain) {
  Outcome one = run_seed(7, write_and_read), again = run_seed(7, write_and_read);
  EXPECT_TRUE(one.passed) << one.output;
  EXPECT_EQ(one.trace, again.trace);
  EXPECT_EQ(one.steps, again.steps);
}

}  // namespace
}  // namespace dfs::simulation
