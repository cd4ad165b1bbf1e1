#pragma once

#include <memory>
#include <utility>

#include "namenode/blocks/blocks.h"
#include "namenode/commit/namespace_thread.h"
#include "namenode/namespace/operations/preconditions.h"
#include "namenode/namespace/queries.h"
#include "namenode/namespace/retries.h"
#include "namenode/service/activity.h"
#include "namenode/service/audit.h"
#include "proto/base/later.h"
#include "proto/security/identity.h"

namespace dfs::namenode {

// What the services of a NameNode (RPC and HTTP) share: whose call it is, reads of the published moment, and writes on
// the namespace thread, of which those that Hadoop marks @AtMostOnce are carried out once however often they are sent.
// Thread-safe.
class NamespaceAccess {
 public:
  // All outlive this.
  NamespaceAccess(NamespaceThread& thread, Blocks& blocks, security::GroupMapping& groups,
                  const NamespaceSettings& settings, Audit audit)
      : thread_(thread), blocks_(blocks), groups_(groups), settings_(settings), audit_(audit) {}

  // `rpc_client_id` empty: a call that nobody repeats.
  Caller caller(security::Identity identity, std::string client_address, std::string rpc_client_id = {},
                int32_t rpc_call_id = RpcIds::kNoCall) const;

  // One moment for one call.
  struct Reading {
    std::shared_ptr<const View> view;
    std::shared_ptr<const DatanodeView> datanodes;
    Caller caller;
    const NamespaceSettings& settings;
    Query query() const { return {*view, settings, caller, *datanodes}; }
  };
  Reading read(Caller who) const;

  // To be awaited in a Later, once, or made a Task.
  template <class T, class Request>
  auto write(Caller who, Result<Planned<T>> (*operation)(const PlanContext&, const Request&), Request request) {
    return thread_.write<T>(
        std::move(who),
        [this, operation, request = std::move(request)](const PlanContext& context) -> Result<Planned<T>> {
          (void)this;
          if constexpr (requires { Request::kAtMostOnce; }) {
            DFS_TRY(std::optional<RetryRow> first,
                    find_retry(context.view, rpc_ids(context.caller), uint8_t(Request::kAtMostOnce), context.settings,
                               context.wall));
            if (first) {
              activity_.retries_known.add();
              DFS_TRY(T answer, first_answer<T>(context.view, *first));
              return Planned<T>{.value = std::move(answer)};
            }
            if (!context.caller.rpc_client_id.empty()) activity_.retries_kept.add();
          }
          return operation(context, request);
        });
  }

  // For what nobody waits for, and what may be dropped when the NameNode is busy or about to stop.
  template <class Request>
  void write_unawaited(Caller who, Result<Planned<Done>> (*operation)(const PlanContext&, const Request&),
                       Request request) {
    thread_.write_unawaited(std::move(who), [operation, request = std::move(request)](const PlanContext& context) {
      return operation(context, request);
    });
  }

  // Audits a change, with the owner and the permission of what it leaves at `left_at`.
  template <class T>
  Result<T> audit_change(Result<T> outcome, const rpc::CallContext& context, std::string_view command,
                         std::string_view source, std::string_view destination, std::string_view left_at) const {
    return audit_.of_change(std::move(outcome), context,
                            {.command = command, .source = source, .destination = destination},
                            [&] { return permission_at(left_at); });
  }
  template <class T>
  Result<T> audit_change(Result<T> outcome, const rpc::CallContext& context, std::string_view command,
                         std::string_view source) const {
    return audit_change(std::move(outcome), context, command, source, "null", source);
  }

  NamespaceThread& thread() { return thread_; }
  Blocks& blocks() const { return blocks_; }
  security::GroupMapping& groups() const { return groups_; }
  const NamespaceSettings& settings() const { return settings_; }
  const Audit& audit() const { return audit_; }
  ServiceActivity& activity() { return activity_; }

 private:
  // "owner:group:rwxr-xr-x", or "null" where there is nothing now.
  std::string permission_at(std::string_view path) const;

  NamespaceThread& thread_;
  Blocks& blocks_;
  security::GroupMapping& groups_;
  const NamespaceSettings& settings_;
  Audit audit_;
  ServiceActivity activity_;
};

}  // namespace dfs::namenode
