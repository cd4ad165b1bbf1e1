#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dfs/filesystem.h"

namespace dfs::tools {

// What a command prints when it fails; `usage` for a command line that makes no sense, after which its syntax is shown.
struct Failure {
  std::string message;
  bool usage = false;
};
template <class T = void>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> failed(std::string message) {
  return std::unexpected(Failure{std::move(message)});
}
inline std::unexpected<Failure> wrong_usage(std::string message) {
  return std::unexpected(Failure{std::move(message), true});
}
// "`path': what", as PathIOException.
inline std::unexpected<Failure> failed_at(std::string_view path, std::string_view what) {
  return failed("`" + std::string(path) + "': " + std::string(what));
}
template <class T>
Outcome<T> outcome(fs::Result<T> result) {
  if (!result) return failed(result.error().message());
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(result);
}

// Bytes that are read or written in order. A sink that is destroyed without close() leaves what was written.
class Source {
 public:
  virtual ~Source() = default;
  // 0 at the end.
  virtual Outcome<size_t> read(void* to, size_t length) = 0;
  virtual Outcome<> seek(uint64_t offset) = 0;
};
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Outcome<> write(const void* from, size_t length) = 0;
  virtual Outcome<> close() = 0;
};

// A file system that paths on the command line lead to: HDFS, or the machine's own. Paths are absolute.
class Store {
 public:
  virtual ~Store() = default;
  // "hdfs://host:port", "file:"
  virtual std::string uri() const = 0;
  // What relative paths begin with.
  virtual std::string working_directory() const = 0;
  // The HDFS behind it, or null.
  virtual fs::FileSystem* hdfs() { return nullptr; }

  virtual Outcome<std::optional<fs::FileStatus>> find(const std::string& path) = 0;
  // By name.
  virtual Outcome<std::vector<fs::FileStatus>> list(const std::string& path) = 0;
  virtual Outcome<std::unique_ptr<Source>> open(const std::string& path) = 0;
  // Replaces what is there.
  virtual Outcome<std::unique_ptr<Sink>> create(const std::string& path) = 0;
  virtual Outcome<> make_directories(const std::string& path) = 0;
  virtual Outcome<bool> rename(const std::string& from, const std::string& to) = 0;
  virtual Outcome<bool> remove(const std::string& path, bool recursive) = 0;
  virtual Outcome<> set_permission(const std::string& path, uint16_t permission) = 0;
  // An empty name changes nothing.
  virtual Outcome<> set_owner(const std::string& path, const std::string& owner, const std::string& group) = 0;
  virtual Outcome<> set_times(const std::string& path, fs::Time modified, fs::Time accessed) = 0;
  virtual Outcome<fs::ContentSummary> content_summary(const std::string& path) = 0;
  virtual Outcome<fs::FsStats> stats(const std::string& path) = 0;
};

std::unique_ptr<Store> make_hdfs_store(fs::FileSystem filesystem);
std::unique_ptr<Store> make_local_store();

// Finds the store of a path: by its scheme, or the default file system.
class Stores {
 public:
  Stores(std::string default_uri, fs::ConnectOptions options)
      : default_uri_(std::move(default_uri)), options_(std::move(options)) {}

  struct Located {
    Store* store;
    std::string path;    // absolute, without "." and ".."
    std::string prefix;  // "hdfs://host:port" or "file://" where the text had a scheme, otherwise empty
  };
  Outcome<Located> locate(const std::string& text);
  Outcome<Located> locate_local(const std::string& text);
  Store& local();

 private:
  Outcome<Store*> hdfs(const std::string& uri);

  std::string default_uri_;
  fs::ConnectOptions options_;
  std::unique_ptr<Store> local_;
  std::map<std::string, std::unique_ptr<Store>> hdfs_;
};

}  // namespace dfs::tools
