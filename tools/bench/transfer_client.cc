// libdfs as a client of `tools/dev bench data`: reads jobs from standard input, one a line, and answers each with a
// line.
//
//   write PATH STREAMS BYTES REPLICATION SYNC    each stream writes BYTES to PATH-i from memory
//   read PATH STREAMS BYTES                      each stream reads PATH-i into memory
//   -> {"seconds": ..., "cpu_seconds": ..., "streams": [seconds of each]}   or   error MESSAGE
#include <dfs/filesystem.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr size_t kPieceBytes = 1u << 20;

struct Job {
  std::string verb, path;
  size_t streams = 1;
  uint64_t bytes = 0;
  uint16_t replication = 1;
  bool sync = false;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

dfs::fs::Result<void> write(dfs::fs::FileSystem& files, const Job& job, const std::string& path) {
  std::vector<char> piece(kPieceBytes);
  for (size_t i = 0; i < piece.size(); ++i) piece[i] = char(i * 131 >> 3);
  auto file = files.create(path, {.overwrite = true, .replication = job.replication, .sync_on_close = job.sync});
  if (!file) return std::unexpected(file.error());
  for (uint64_t rest = job.bytes; rest > 0;) {
    size_t part = size_t(std::min<uint64_t>(rest, piece.size()));
    if (auto written = file->write(piece.data(), part); !written) return written;
    rest -= part;
  }
  return file->close();
}

dfs::fs::Result<void> read(dfs::fs::FileSystem& files, const Job& job, const std::string& path) {
  std::vector<char> piece(kPieceBytes);
  auto file = files.open(path);
  if (!file) return std::unexpected(file.error());
  uint64_t total = 0;
  while (true) {
    auto count = file->read(piece.data(), piece.size());
    if (!count) return std::unexpected(count.error());
    if (*count == 0) break;
    total += *count;
  }
  if (total != job.bytes) {
    return std::unexpected(dfs::fs::Error(dfs::fs::ErrorCode::kIo, EIO, "",
                                          fmt::format("{} has {} bytes, not {}", path, total, job.bytes)));
  }
  return {};
}

std::string run(dfs::fs::FileSystem& files, const Job& job) {
  std::vector<std::thread> threads;
  std::vector<double> took(job.streams);
  std::mutex mutex;
  std::optional<std::string> failure;
  const double cpu = cpu_seconds();
  const auto begin = Clock::now();
  for (size_t i = 0; i < job.streams; ++i) {
    threads.emplace_back([&, i] {
      const std::string path = fmt::format("{}-{}", job.path, i);
      auto done = job.verb == "write" ? write(files, job, path) : read(files, job, path);
      took[i] = seconds_since(begin);
      std::lock_guard lock(mutex);
      if (!done && !failure) failure = done.error().message();
    });
  }
  for (auto& thread : threads) thread.join();
  if (failure) return "error " + *failure;
  return fmt::format(R"({{"seconds": {:.4f}, "cpu_seconds": {:.4f}, "streams": [{:.4f}]}})", seconds_since(begin),
                     cpu_seconds() - cpu, fmt::join(took, ", "));
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: transfer_client URI < JOBS\n");
    return 2;
  }
  auto files = dfs::fs::FileSystem::connect(words[1]);
  if (!files) {
    std::fprintf(stderr, "transfer_client: %s\n", files.error().message().c_str());
    return 1;
  }
  for (std::string line; std::getline(std::cin, line);) {
    Job job;
    std::istringstream(line) >> job.verb >> job.path >> job.streams >> job.bytes >> job.replication >> job.sync;
    std::cout << run(*files, job) << std::endl;
  }
  return 0;
}
