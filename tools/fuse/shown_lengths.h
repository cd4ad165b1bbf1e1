#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace dfs::fuse {

// How long the kernel has last been told that each file is which is open for reading.
//
// A file may grow while it is read. The kernel then asks for bytes that the reader, opened earlier, does not know of,
// and takes a short answer for zeros. Comparing with what it was told shows when to look again, without asking the
// NameNode at the end of every file. Thread-safe.
class ShownLengths {
 public:
  using Shown = std::atomic<uint64_t>;

  // For a reader of `path`, which keeps the result.
  std::shared_ptr<const Shown> opened(const std::string& path) {
    std::lock_guard lock(mutex_);
    std::erase_if(shown_, [](const auto& entry) { return entry.second.expired(); });
    auto& slot = shown_[path];
    auto shown = slot.lock();
    if (!shown) slot = shown = std::make_shared<Shown>(0);
    return shown;
  }
  void show(const std::string& path, uint64_t length) {
    std::lock_guard lock(mutex_);
    auto found = shown_.find(path);
    if (found == shown_.end()) return;
    if (auto shown = found->second.lock()) *shown = length;
  }
  // Files that are open go with their names, or with the folder they are in.
  void renamed(const std::string& from, const std::string& to) {
    std::lock_guard lock(mutex_);
    decltype(shown_) moved;
    for (auto it = shown_.lower_bound(from); it != shown_.end() && it->first.starts_with(from);) {
      auto here = it++;
      std::string_view rest = std::string_view(here->first).substr(from.size());
      if (!rest.empty() && rest.front() != '/') continue;
      moved.insert_or_assign(to + std::string(rest), std::move(here->second));
      shown_.erase(here);
    }
    for (auto& [path, shown] : moved) shown_.insert_or_assign(path, std::move(shown));
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Shown>> shown_;
};

}  // namespace dfs::fuse
