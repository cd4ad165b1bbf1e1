#include "datanode/reporting/reconfiguration.h"

#include "proto/base/log.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace pb = hadoop::hdfs;

ReconfigurationService::ReconfigurationService(Owner owner, Values values)
    : owner_(std::move(owner)), values_(std::move(values)) {
  table_.add("startReconfiguration", this, &ReconfigurationService::start);
  table_.add("getReconfigurationStatus", this, &ReconfigurationService::status);
  table_.add("listReconfigurableProperties", this, &ReconfigurationService::properties);
}

Result<void> ReconfigurationService::check_superuser(const rpc::CallContext& context) const {
  if (context.user.user == owner_.superuser) return {};
  return fail(ErrorCode::kAccessControl,
              "Access denied for user " + context.user.user + ". Superuser privilege is required for this operation");
}

Result<pb::StartReconfigurationResponseProto> ReconfigurationService::start(const pb::StartReconfigurationRequestProto&,
                                                                            const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  std::vector<Change> changes;
  {
    std::lock_guard lock(mutex_);
    if (running_) return fail(ErrorCode::kIo, "Another reconfiguration task is running.");
    DFS_TRY(Values wanted, owner_.reread());
    for (const auto& [name, value] : wanted) {
      if (values_[name] != value) changes.push_back({.name = name, .before = values_[name], .after = value});
    }
    running_ = true;
    began_ = Clock::system().wall();
    ended_.reset();
    changes_.clear();
  }
  owner_.spawn(carry_out(std::move(changes)));
  return pb::StartReconfigurationResponseProto();
}

Task<void> ReconfigurationService::carry_out(std::vector<Change> changes) {
  for (Change& change : changes) {
    log::info("Changing {} from \"{}\" to \"{}\"", change.name, change.before.value_or("<default>"),
              change.after.value_or("<default>"));
    Applied applied = co_await owner_.apply(change.name);
    if (applied.error) log::error("Changing {}: {}", change.name, *applied.error);
    change.error = std::move(applied.error);
    std::lock_guard lock(mutex_);
    values_[change.name] = std::move(applied.value);
  }
  std::lock_guard lock(mutex_);
  changes_ = std::move(changes);
  ended_ = Clock::system().wall();
  running_ = false;
}

Result<pb::GetReconfigurationStatusResponseProto> ReconfigurationService::status(
    const pb::GetReconfigurationStatusRequestProto&, const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  std::lock_guard lock(mutex_);
  pb::GetReconfigurationStatusResponseProto response;
  response.set_starttime(began_ ? int64_t(to_millis(*began_)) : 0);
  if (!ended_) return response;
  response.set_endtime(int64_t(to_millis(*ended_)));
  for (const Change& change : changes_) {
    auto& proto = *response.add_changes();
    proto.set_name(change.name);
    proto.set_oldvalue(change.before.value_or(""));
    if (change.after) proto.set_newvalue(*change.after);
    if (change.error) proto.set_errormessage(*change.error);
  }
  return response;
}

Result<pb::ListReconfigurablePropertiesResponseProto> ReconfigurationService::properties(
    const pb::ListReconfigurablePropertiesRequestProto&, const rpc::CallContext& context) {
  DFS_TRY_OK(check_superuser(context));
  std::lock_guard lock(mutex_);
  pb::ListReconfigurablePropertiesResponseProto response;
  for (const auto& [name, value] : values_) response.add_name(name);
  return response;
}

}  // namespace dfs::datanode
