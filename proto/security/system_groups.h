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

// The machine's groups (getpwnam_r, getgrouplist), cached, with hadoop.user.group.static.mapping.overrides before them
// (org.apache.hadoop.security.Groups). A lookup that misses the cache asks the name service and may block.
class SystemGroups final : public GroupMapping {
 public:
  // `overrides`: "user=group1,group2;other=;...". kConfiguration if it is not of that form.
  static Result<std::unique_ptr<SystemGroups>> create(std::string_view overrides, std::chrono::milliseconds lifetime,
                                                      const Clock& clock);

  std::vector<std::string> groups_of(const std::string& user) const override;
  void refresh() override;

 private:
  using Overrides = std::map<std::string, std::vector<std::string>>;
  struct Entry {
    std::vector<std::string> groups;
    TimePoint expires;
  };
  SystemGroups(Overrides overrides, std::chrono::milliseconds lifetime, const Clock& clock)
      : overrides_(std::move(overrides)), lifetime_(lifetime), clock_(clock) {}

  const Overrides overrides_;
  const std::chrono::milliseconds lifetime_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::unordered_map<std::string, Entry> cache_;  // guarded by mutex_
};

}  // namespace dfs::security
