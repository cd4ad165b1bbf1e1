#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "proto/base/log.h"

#include "tests/simulation/faults.h"
#include "tests/simulation/invariants/acknowledged_bytes.h"
#include "tests/simulation/invariants/journal.h"
#include "tests/simulation/invariants/open_files.h"
#include "tests/simulation/invariants/paths.h"
#include "tests/simulation/invariants/replicas.h"
#include "tests/simulation/kernel/run.h"
#include "tests/simulation/workload.h"
#include "tests/unit/dose.h"

namespace dfs::simulation {
namespace {

constexpr uint64_t kSeeds = 200, kSeedsNightly = 100'000;

// Clients at work while DataNodes and the NameNode die and come back, the network fails and disks do. What kind of run
// it is the seed says.
std::string storm(uint64_t seed) {
  Scheduler& simulation = *Scheduler::running();
  const bool power_cuts = seed % 4 == 1, disk_errors = seed % 4 == 2;
  Cluster::Settings cluster_settings{.datanodes = 3 + size_t(simulation.draw(3)),
                                     .clients = 1 + size_t(simulation.draw(3)),
                                     .volumes = 1 + size_t(simulation.draw(2))};
  cluster_settings.properties["dfs.bytes-per-checksum"] = simulation.draw(2) ? "512" : "64";
  auto& cluster = *new Cluster(cluster_settings);
  auto& history = *new History();
  std::vector<WorkloadSettings> works(cluster_settings.clients);
  std::vector<std::thread> clients;
  size_t at_work = works.size();
  for (size_t i = 0; i < works.size(); ++i) {
    works[i] = {.directory = fmt::format("/c{}", i),
                .operations = 6 + size_t(simulation.draw(10)),
                .may_lose_unsynced = power_cuts,
                .packet_bytes = uint32_t(1024 << simulation.draw(7))};
    clients.push_back(cluster.on(cluster.client_host(i), [&, i] {
      work(cluster, history, works[i]);
      --at_work;
    }));
  }
  make_trouble(cluster,
               {.power_cuts = power_cuts,
                .namenode_too = seed % 2 == 1,
                .disk_errors = disk_errors,
                .pause_max = (200 + simulation.draw(4000)) * kMillisecond},
               [&] { return at_work == 0; });
  for (std::thread& client : clients) client.join();
  cluster
      .on(cluster.client_host(0),
          [&] {
            check_acknowledged_bytes(cluster, history, power_cuts);
            check_paths(cluster, history);
          })
      .join();
  check_open_files(cluster, history);
  if (!power_cuts) check_replicas(cluster, history);
  check_journal(cluster, history);

  std::string problems;
  for (const std::string& problem : history.problems) problems += "PROBLEM " + problem + "\n";
  log::info("simulation: {} operations, {} of them failed", history.operations, history.failures);
  return problems;
}

void run_storms(uint64_t first, uint64_t count) {
  double cpu = 0, time = 0;
  uint64_t passed = 0;
  run_seeds({.first = first, .count = count}, storm, [&](const Outcome& outcome) {
    cpu += outcome.cpu_seconds;
    time += outcome.virtual_seconds;
    passed += outcome.passed;
    EXPECT_TRUE(outcome.passed) << "seed " << outcome.seed << "; again, with its log: tools/dev sim --seed "
                                << outcome.seed << "\n"
                                << (count == 1 ? outcome.output : outcome.end_of_output(40));
    if (outcome.passed && count == 1) std::printf("%s", outcome.output.c_str());
    return !testing::Test::HasFailure() || std::getenv("TUSK_SIMULATION_GO_ON");
  });
  std::printf("%lu seeds, %.1f ms of CPU and %.1f virtual seconds each\n", passed, cpu * 1e3 / double(count),
              time / double(count));
}

TEST(Storm, WhatWasAcknowledgedIsThere) {
  const char* seed = std::getenv("TUSK_SIMULATION_SEED");
  const char* count = std::getenv("TUSK_SIMULATION_SEEDS");
  const char* first = std::getenv("TUSK_SIMULATION_FIRST");
  if (seed) return run_storms(std::strtoull(seed, nullptr, 10), 1);
  run_storms(first ? std::strtoull(first, nullptr, 10) : 1, count          ? std::strtoull(count, nullptr, 10)
                                                            : is_nightly() ? kSeedsNightly
                                                                           : kSeeds);
}

TEST(Storm, ASeedRunsTheSameWayAgain) {
  for (uint64_t seed : {1, 2, 3, 4}) {
    const Outcome one = run_seed(seed, storm), again = run_seed(seed, storm);
    EXPECT_EQ(one.trace, again.trace) << "seed " << seed;
    EXPECT_EQ(one.steps, again.steps) << "seed " << seed;
  }
}

}  // namespace
}  // namespace dfs::simulation
