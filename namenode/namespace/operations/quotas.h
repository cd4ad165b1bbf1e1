#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>

#include "namenode/namespace/plan.h"

namespace dfs::namenode::operations {

inline constexpr int64_t kQuotaReset = -1;                                     // HdfsConstants.QUOTA_RESET
inline constexpr int64_t kQuotaDontSet = std::numeric_limits<int64_t>::max();  // HdfsConstants.QUOTA_DONT_SET

// Quotas of a directory for names, for space, or for space on one type of storage (FSDirAttrOp.setQuota). What is in it
// may be more already.
struct SetQuota {
  std::string path;
  int64_t namespace_quota = kQuotaDontSet;
  int64_t storage_space_quota = kQuotaDontSet;
  std::optional<uint8_t> storage_type{};  // Java's ordinal; `storage_space_quota` is for it alone
};
Result<Planned<Done>> set_quota(const PlanContext& context, const SetQuota& request);
// As the audit log and exceptions call it: setQuota, clearQuota, setSpaceQuota or clearSpaceQuota.
std::string_view name_of(const SetQuota& request);

}  // namespace dfs::namenode::operations
