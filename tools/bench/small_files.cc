// Writes and reads small files with libdfs: `small_files URI FOLDER COUNT THREADS BYTES WARM_UP SYNC` prints "write
// SECONDS" and "read SECONDS" for COUNT files each, after WARM_UP files that are not counted. SYNC is 1 where a closed
// file is to be on disk. SmallFiles.java does the same with stock Hadoop's client.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "dfs/filesystem.h"

namespace {

using Work = std::function<dfs::fs::Result<void>(int)>;

double seconds_for(const Work& work, int count, int threads) {
  const auto begun = std::chrono::steady_clock::now();
  std::vector<std::thread> all;
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&, t] {
      for (int i = t; i < count; i += threads) {
        if (auto done = work(i); !done) {
          std::fprintf(stderr, "file %d: %s\n", i, done.error().message().c_str());
          std::exit(1);
        }
      }
    });
  }
  for (std::thread& thread : all) thread.join();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
}

}  // namespace

int main(int count_of_arguments, char** arguments) {
  if (count_of_arguments != 8) {
    std::fprintf(stderr, "usage: small_files URI FOLDER COUNT THREADS BYTES WARM_UP SYNC\n");
    return 2;
  }
  const std::string root = arguments[2];
  const int count = std::atoi(arguments[3]);
  const int threads = std::atoi(arguments[4]);
  const std::vector<char> bytes(size_t(std::atoi(arguments[5])));
  const int warm_up = std::atoi(arguments[6]);
  const bool sync = std::atoi(arguments[7]) != 0;
  auto files = dfs::fs::FileSystem::connect(arguments[1]);
  if (!files || !files->mkdirs(root)) {
    std::fprintf(stderr, "%s cannot be reached\n", arguments[1]);
    return 1;
  }
  auto name = [&](int i) { return root + "/f" + std::to_string(i); };
  const Work write = [&](int i) -> dfs::fs::Result<void> {
    auto out = files->create(name(i), {.overwrite = true, .sync_on_close = sync});
    if (!out) return std::unexpected(std::move(out).error());
    if (auto written = out->write(bytes.data(), bytes.size()); !written) return written;
    return out->close();
  };
  const Work read = [&](int i) -> dfs::fs::Result<void> {
    auto in = files->open(name(i));
    if (!in) return std::unexpected(std::move(in).error());
    std::vector<char> got(bytes.size());
    for (size_t done = 0; done < got.size();) {
      auto part = in->read(got.data() + done, got.size() - done);
      if (!part) return std::unexpected(std::move(part).error());
      if (*part == 0) std::exit(1);
      done += *part;
    }
    return {};
  };
  seconds_for(write, warm_up, threads);
  std::printf("write %f\n", seconds_for(write, count, threads));
  std::fflush(stdout);
  seconds_for(read, warm_up, threads);
  std::printf("read %f\n", seconds_for(read, count, threads));
  return 0;
}
