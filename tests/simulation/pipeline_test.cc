#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "proto/base/bytes.h"
#include "tests/simulation/invariants/acknowledged_bytes.h"
#include "tests/simulation/invariants/journal.h"
#include "tests/simulation/invariants/open_files.h"
#include "tests/simulation/invariants/replicas.h"
#include "tests/simulation/kernel/network.h"
#include "tests/simulation/kernel/run.h"
#include "tests/simulation/workload.h"
#include "tests/unit/dose.h"

namespace dfs::simulation {
namespace {

constexpr uint64_t kChunkBytes = 512, kStages = 3;
enum class During : uint64_t { kWrite, kAppend, kFlush, kClose };
constexpr uint64_t kOperations = 4;
constexpr uint64_t kCases = kChunkBytes * kStages * kOperations;
constexpr uint16_t kDataPort = 9866;
// Each packet has one chunk: 4 bytes of sum, and Hadoop's room for a header.
constexpr uint64_t kPacketBytes = kChunkBytes + 4 + 33;

// One DataNode of a pipeline of three dies when so many bytes of a chunk have come to it.
struct Death {
  uint64_t offset;
  uint64_t stage;
  During during;
  static Death of(uint64_t number) {
    return {.offset = number % kChunkBytes,
            .stage = number / kChunkBytes % kStages,
            .during = During(number / kChunkBytes / kStages)};
  }
};

// Watches what comes to the pipeline's last stages' data ports. Who is where is told by who sends to whom.
class Watch {
 public:
  Watch(Cluster& cluster, const Death& death) : cluster_(cluster), death_(death) {
    Network::instance().settings.cut_chance = 0;
    Network::instance().on_arrival = [this](const Socket& receiver, const std::vector<uint8_t>& bytes) {
      return arrive(receiver, bytes);
    };
  }
  // From the next packet on.
  void arm() { armed_ = true; }
  // So long from now, whatever comes.
  void kill_after(Nanoseconds time) {
    Scheduler& simulation = *Scheduler::running();
    simulation.at(simulation.now() + time, [this] { kill(); });
  }
  std::optional<size_t> killed() const { return killed_; }

 private:
  std::optional<size_t> index_of(const Host& host) const {
    for (size_t i = 0; i < cluster_.datanode_count(); ++i) {
      if (&cluster_.datanode(i).host == &host) return i;
    }
    return std::nullopt;
  }

  size_t arrive(const Socket& receiver, const std::vector<uint8_t>& bytes) {
    const auto to = index_of(receiver.host());
    if (killed_ || !to || receiver.local().port != kDataPort) return bytes.size();
    // WRITE_BLOCK's header (version 28, operation 80), alone: its sender waits for the answer.
    if (bytes.size() > 3 && bytes[0] == 0 && bytes[1] == 28 && bytes[2] == 80) {
      uint64_t stage = 0;
      for (const auto& [node, its_stage] : stages_) {
        if (cluster_.datanode(node).host.address == receiver.remote().host) stage = its_stage + 1;
      }
      if (stage == 0) stages_.clear();
      stages_[*to] = stage;
      return bytes.size();
    }
    auto stage = stages_.find(*to);
    if (!armed_ || stage == stages_.end() || stage->second != death_.stage) return bytes.size();
    if (seen_ == 0 && bytes.size() > 6) {
      data_begins_ = 6 + load_big_endian<uint16_t>(bytes.data() + 4) + 4;
    }
    const uint64_t end = data_begins_ + death_.offset;
    if (seen_ + bytes.size() < end) {
      seen_ += bytes.size();
      return bytes.size();
    }
    const size_t allowed = size_t(end - seen_);
    armed_ = false;
    // It may have dealt with them by then, or not.
    Scheduler& simulation = *Scheduler::running();
    simulation.at(simulation.now() + 1 + simulation.draw(2 * kMillisecond), [this] { kill(); });
    return allowed;
  }

  void kill() {
    for (const auto& [node, stage] : stages_) {
      if (stage == death_.stage && !killed_) {
        killed_ = node;
        cluster_.kill_datanode(node);
      }
    }
  }

  Cluster& cluster_;
  const Death death_;
  bool armed_ = false;
  std::optional<size_t> killed_;
  std::map<size_t, uint64_t> stages_;  // by DataNode
  uint64_t seen_ = 0, data_begins_ = 0;
};

// Nothing but the one DataNode fails: every call of the writer has to succeed.
std::string write_through(Cluster& cluster, FileHistory& file, const Death& death, Watch& watch) {
  fs::FileSystem files = cluster.connect(
      {{"dfs.client-write-packet-size", std::to_string(kPacketBytes)}, {"dfs.client.socket-timeout", "8000"}});
  std::optional<fs::OutputFile> out;
  std::string problem;
  const auto check = [&](const auto& result, const char* what) {
    if (!result && problem.empty()) problem = fmt::format("{}: {}", what, result.error().message());
    return problem.empty();
  };
  const auto write = [&](size_t length) {
    std::string bytes(length, '\0');
    fill(file.id, file.handed_over, bytes);
    file.handed_over += length;
    check(out->write(bytes.data(), length), "write");
  };
  const auto flush = [&] {
    if (check(out->hflush(), "hflush")) file.flushed = file.handed_over;
  };
  const auto close = [&] {
    if (!check(out->close(), "close")) return;
    file.flushed = file.synced = file.handed_over;
    file.closed = true;
  };
  auto created = files.create(file.path, {.replication = kStages, .block_size = 64 << 10});
  if (!check(created, "create")) return problem;
  out.emplace(*std::move(created));
  switch (death.during) {
    case During::kWrite:
      write(2 * kChunkBytes);
      flush();
      watch.arm();
      write(4 * kChunkBytes + 100);
      break;
    case During::kAppend: {
      write(kChunkBytes + 200);
      close();
      if (!problem.empty()) return problem;
      file.closed = false;
      auto appended = files.append(file.path);
      if (!check(appended, "append")) return problem;
      out.emplace(*std::move(appended));
      watch.arm();
      write(3 * kChunkBytes);
      break;
    }
    case During::kFlush:
      write(kChunkBytes);
      flush();
      watch.arm();
      write(300);
      flush();
      write(2 * kChunkBytes);
      flush();
      break;
    case During::kClose:
      write(5 * kChunkBytes + 10);
      flush();
      watch.kill_after(death.offset * 20 * kMicrosecond);
      break;
  }
  close();
  return problem;
}

std::string die(uint64_t number) {
  const Death death = Death::of(number);
  auto& cluster = *new Cluster({.datanodes = kStages + 1, .clients = 1});
  auto& history = *new History();
  auto& watch = *new Watch(cluster, death);
  FileHistory& file = history.add("/file", kStages);
  std::string problem;
  cluster.on(cluster.client_host(0), [&] { problem = write_through(cluster, file, death, watch); }).join();
  if (!problem.empty()) history.problem("the writer: " + problem);
  Cluster::wait_until(kSecond, [&] { return watch.killed().has_value(); });
  if (!watch.killed().has_value()) history.problem("no DataNode was killed");
  cluster.on(cluster.client_host(0), [&] { check_acknowledged_bytes(cluster, history, false); }).join();
  if (watch.killed()) {
    cluster.start_datanode(*watch.killed());
    if (!Cluster::wait_until(60 * kSecond, [&] { return cluster.is_up(*watch.killed()); })) {
      history.problem("the DataNode does not start again");
    }
  }
  check_replicas(cluster, history);
  check_open_files(cluster, history);
  check_journal(cluster, history);
  std::string problems;
  for (const std::string& one : history.problems) problems += "PROBLEM " + one + "\n";
  return problems;
}

TEST(Pipeline, AWriterSurvivesTheDeathOfAnyStageAtAnyOffsetOfAChunk) {
  const char* only = std::getenv("TUSK_SIMULATION_DEATH");
  // Without it a stride that is prime to all, so that each stage, each operation and offsets of all kinds are among
  // them.
  Seeds seeds{.first = 0, .count = (kCases + 60) / 61, .stride = 61};
  if (is_nightly()) seeds = {.first = 0, .count = kCases};
  if (only) seeds = {.first = std::strtoull(only, nullptr, 10)};
  double cpu = 0;
  run_seeds(seeds, die, [&](const Outcome& outcome) {
    cpu += outcome.cpu_seconds;
    const Death death = Death::of(outcome.seed);
    EXPECT_TRUE(outcome.passed) << "case " << outcome.seed << ", offset " << death.offset << ", stage " << death.stage
                                << ", operation " << int(death.during) << "; again, with its log: tools/dev sim "
                                << "--death " << outcome.seed << "\n"
                                << (only ? outcome.output : outcome.end_of_output(40));
    if (outcome.passed && only) std::printf("%s", outcome.output.c_str());
    return !testing::Test::HasFailure() || std::getenv("TUSK_SIMULATION_GO_ON");
  });
  std::printf("%lu deaths, %.1f ms of CPU each\n", seeds.count, cpu * 1e3 / double(seeds.count));
}

}  // namespace
}  // namespace dfs::simulation
