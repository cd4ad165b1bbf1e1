#pragma once

#include <string>
#include <vector>

#include "namenode/service/administration.h"

namespace dfs::namenode {

// Does nothing but to show the edits that it is given.
class AdministrationOfEdits : public Administration {
 public:
  Task<Result<bool>> safe_mode(SafeModeAction) override { co_return true; }
  Task<Result<void>> save_namespace() override { co_return Result<void>(); }
  Task<Result<TransactionId>> roll_edits() override { co_return TransactionId(1); }
  Task<Result<void>> refresh_nodes() override { co_return Result<void>(); }
  Task<Result<void>> set_balancer_bandwidth(uint64_t) override { co_return Result<void>(); }
  Result<void> write_dump(const std::string&, const std::string&) override { return {}; }
  Task<Result<std::vector<Edit>>> edits_from(TransactionId from, TransactionId durable, size_t count_max) override {
    std::vector<Edit> found;
    for (const Edit& edit : edits) {
      if (edit.id >= from && edit.id <= durable && found.size() < count_max) found.push_back(edit);
    }
    co_return found;
  }
  Task<Result<std::vector<SegmentName>>> segments() override { co_return std::vector<SegmentName>(); }
  Result<void> refresh_proxy_users() override { return {}; }

  std::vector<Edit> edits;
};

}  // namespace dfs::namenode
