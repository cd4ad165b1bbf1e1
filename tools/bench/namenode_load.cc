// Loads a NameNode, ours or Hadoop's, with one kind of metadata operation and says how fast it was and what it cost.

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <optional>
#include <vector>

#include "proto/security/process_user.h"
#include "tools/bench/calls_in_flight.h"
#include "tools/bench/workload.h"

namespace dfs::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string server, operation = "stat";
  int pid = 0;
  double seconds = 5, warm_up_seconds = 1;
  uint64_t seed = 1;
  bool is_there = false;
  Tree tree;
  CallsInFlight::Settings calls;
};

// User and system time of a process, or nothing where it cannot be read.
std::optional<double> cpu_seconds_of(int pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / double(sysconf(_SC_CLK_TCK));
}

double own_cpu_seconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](timeval time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Load {
 public:
  Load(const Options& options, CallsInFlight& calls) : options_(options), calls_(calls) {
    for (uint32_t i = 0; i < calls.slots(); ++i) {
      slots_.emplace_back(options_.tree, i, calls.slots(), options.seed * 1'000'003 + i);
    }
    begun_.resize(slots_.size());
  }

  // The tree that the operations work on.
  Result<void> prepare() {
    uint64_t next = 0;
    return work([&](uint32_t slot) {
      if (next == options_.tree.files) return false;
      slots_[slot].begin_file(next++, calls_);
      return true;
    });
  }

  Result<void> run_until(Operation operation, Clock::time_point end) {
    return work([&](uint32_t slot) { return Clock::now() < end && slots_[slot].begin(operation, calls_); });
  }

  // How long each operation took since the last call.
  std::vector<uint32_t> take_micros() { return std::exchange(micros_, {}); }

 private:
  // Every slot does what `begin` puts for it until that returns false.
  template <class Begin>
  Result<void> work(Begin begin) {
    size_t busy = 0;
    auto start = [&](uint32_t slot) {
      begun_[slot] = Clock::now();
      if (begin(slot)) ++busy;
    };
    for (uint32_t slot = 0; slot < slots_.size(); ++slot) start(slot);
    std::optional<Error> wrong;
    while (busy > 0) {
      DFS_TRY_OK(calls_.turn([&](const CallsInFlight::Answer& answer) {
        Result<bool> done = slots_[answer.slot].go_on(answer, calls_);
        if (done && !*done) return;
        --busy;
        if (!done) {
          if (!wrong) wrong = std::move(done).error();
          return;
        }
        const auto took = Clock::now() - begun_[answer.slot];
        micros_.push_back(uint32_t(std::chrono::duration_cast<std::chrono::microseconds>(took).count()));
        if (!wrong) start(answer.slot);
      }));
    }
    if (wrong) return fail(*std::move(wrong));
    return {};
  }

  const Options& options_;
  CallsInFlight& calls_;
  std::vector<Slot> slots_;
  std::vector<Clock::time_point> begun_;
  std::vector<uint32_t> micros_;
};

Result<void> measure(const Options& options, Operation operation) {
  DFS_TRY(std::unique_ptr<CallsInFlight> calls, CallsInFlight::connect(options.calls));
  Load load(options, *calls);
  if (!options.is_there) DFS_TRY_OK(load.prepare());
  auto seconds_from_now = [](double seconds) {
    return Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  };
  // A delete has only so much to delete.
  if (operation != Operation::kDelete) {
    DFS_TRY_OK(load.run_until(operation, seconds_from_now(options.warm_up_seconds)));
  }
  load.take_micros();

  const std::optional<double> server_before = options.pid ? cpu_seconds_of(options.pid) : std::nullopt;
  const double own_before = own_cpu_seconds();
  const auto begun = Clock::now();
  DFS_TRY_OK(load.run_until(operation, seconds_from_now(options.seconds)));
  const double seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const double own = own_cpu_seconds() - own_before;
  const std::optional<double> server_after = options.pid ? cpu_seconds_of(options.pid) : std::nullopt;

  std::vector<uint32_t> micros = load.take_micros();
  if (micros.empty()) return fail(ErrorCode::kIllegalState, "no operation was done");
  std::ranges::sort(micros);
  const double count = double(micros.size());
  auto percentile = [&](double share) { return micros[size_t(share * (count - 1))]; };
  std::string server_cpu = "null";
  if (server_before && server_after) server_cpu = fmt::format("{:.2f}", (*server_after - *server_before) * 1e6 / count);
  fmt::print(
      "{{\"operation\":\"{}\",\"operations\":{},\"seconds\":{:.3f},\"per_second\":{:.0f},\"p50_us\":{},\"p99_us\":{},"
      "\"max_us\":{},"
      "\"server_cpu_us\":{},\"own_cpu_us\":{:.2f}}}\n",
      name_of(operation), micros.size(), seconds, count / seconds, percentile(0.5), percentile(0.99), micros.back(),
      server_cpu, own * 1e6 / count);
  return {};
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Loads a NameNode with one kind of operation; prints one line of JSON.", "namenode_load");
  app.add_option("SERVER", options.server, "HOST:PORT of its RPC server")->required();
  app.add_option("OPERATION", options.operation, "create, mkdirs, stat, open, list, rename, delete or mix")->required();
  app.add_option("--pid", options.pid, "the server's process, to tell its CPU time");
  app.add_option("--seconds", options.seconds, "of measuring")->capture_default_str();
  app.add_option("--warm-up", options.warm_up_seconds, "seconds before it")->capture_default_str();
  app.add_option("--root", options.tree.root, "the folder to work in, which must be new")->capture_default_str();
  app.add_option("--files", options.tree.files, "made there first")->capture_default_str();
  app.add_option("--files-per-folder", options.tree.files_per_folder)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_flag("--filled", options.is_there, "the files are there already (see fill_namespace)");
  app.add_option("--connections", options.calls.connections)->capture_default_str();
  app.add_option("--in-flight", options.calls.in_flight, "calls at a time on each connection")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  app.add_option("--seed", options.seed)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.calls.user = security::login_user();
  auto complain = [](const Error& error) {
    fmt::print(stderr, "namenode_load: {}\n", error.message());
    return 1;
  };
  Result<Endpoint> server = Endpoint::parse(options.server, 8020);
  if (!server) return complain(server.error());
  options.calls.server = *server;
  Result<Operation> operation = operation_named(options.operation);
  if (!operation) return complain(operation.error());
  Result<void> measured = measure(options, *operation);
  return measured ? 0 : complain(measured.error());
}

}  // namespace
}  // namespace dfs::bench

int main(int argc, char** argv) {
  return dfs::bench::run(argc, argv);
}
