#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/base/clock.h"
#include "proto/security/identity.h"

namespace dfs::security {

// The machine's groups (getpwnam_r, getgrouplist), cached; before them a file of lines "user:group,group", and before
// that hadoop.user.group.static.mapping.overrides (org.apache.hadoop.security.Groups). A lookup that misses the cache
// asks the name service and may block.
class SystemGroups final : public GroupMapping {
 public:
  struct Settings {
    std::string overrides{};                      // "user=group1,group2;other=;..."
    std::string file{};                           // empty: none
    std::chrono::milliseconds lifetime{300'000};  // of what the system said
  };
  // kConfiguration if the overrides are not of that form, or the file cannot be read. A file that becomes unreadable
  // later is logged, and what it said before stays.
  static Result<std::unique_ptr<SystemGroups>> create(const Settings& settings, const Clock& clock);

  std::vector<std::string> groups_of(const std::string& user) const override;
  void refresh() override;

 private:
  using Overrides = std::map<std::string, std::vector<std::string>>;
  struct Entry {
    std::vector<std::string> groups;
    TimePoint expires;
  };
  // What tells whether a file has changed.
  struct Version {
    uint64_t device = 0, inode = 0, size = 0;
    int64_t modified_ns = 0;
    bool operator==(const Version&) const = default;
  };
  SystemGroups(Overrides overrides, std::string file, std::chrono::milliseconds lifetime, const Clock& clock)
      : overrides_(std::move(overrides)), file_(std::move(file)), lifetime_(lifetime), clock_(clock) {}
  // Requires: the lock.
  Result<void> read_file_if_changed() const;
  void look_at_file(TimePoint now) const;

  const Overrides overrides_;
  const std::string file_;
  const std::chrono::milliseconds lifetime_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  // Guarded by mutex_:
  mutable std::unordered_map<std::string, Entry> cache_;
  mutable Overrides in_file_;
  mutable Version file_version_;
  mutable TimePoint next_look_{};
};

}  // namespace dfs::security
