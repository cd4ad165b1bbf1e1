// Copies a file into HDFS or out of it:
//
//   c++ -std=c++23 dfs_copy.cc $(pkg-config --cflags --libs dfs) -o dfs_copy
//   ./dfs_copy put LOCAL hdfs://HOST:PORT /PATH
//   ./dfs_copy get LOCAL hdfs://HOST:PORT /PATH
#include <dfs/filesystem.h>

#include <cstdio>
#include <fstream>
#include <string_view>
#include <vector>

namespace {

int report(const dfs::fs::Error& error) {
  std::fprintf(stderr, "dfs_copy: %s\n", error.message().c_str());
  return 1;
}

int local_failure(const char* path) {
  std::fprintf(stderr, "dfs_copy: %s: cannot be read or written\n", path);
  return 1;
}

int put(dfs::fs::FileSystem& files, const char* local, const char* path) {
  std::ifstream in(local, std::ios::binary);
  if (!in) return local_failure(local);
  auto file = files.create(path, {.overwrite = true});
  if (!file) return report(file.error());
  std::vector<char> part(1 << 20);
  while (in.read(part.data(), part.size()) || in.gcount() > 0) {
    if (auto written = file->write(part.data(), in.gcount()); !written) return report(written.error());
  }
  // Only close() says whether everything arrived.
  if (auto closed = file->close(); !closed) return report(closed.error());
  return 0;
}

int get(dfs::fs::FileSystem& files, const char* local, const char* path) {
  auto file = files.open(path);
  if (!file) return report(file.error());
  std::ofstream out(local, std::ios::binary);
  std::vector<char> part(1 << 20);
  while (true) {
    auto count = file->read(part.data(), part.size());
    if (!count) return report(count.error());
    if (*count == 0) break;
    out.write(part.data(), *count);
  }
  return out.flush() ? 0 : local_failure(local);
}

}  // namespace

int main(int count, char** words) {
  std::string_view verb = count == 5 ? words[1] : "";
  if (verb != "put" && verb != "get") {
    std::fprintf(stderr, "usage: dfs_copy put|get LOCAL hdfs://HOST:PORT /PATH\n");
    return 2;
  }
  auto files = dfs::fs::FileSystem::connect(words[3]);
  if (!files) return report(files.error());
  return verb == "put" ? put(*files, words[2], words[4]) : get(*files, words[2], words[4]);
}
