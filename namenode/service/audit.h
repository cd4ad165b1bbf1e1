#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "namenode/service/audit_log.h"
#include "namenode/store/rows.h"
#include "proto/base/error.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

// One operation, as FSNamesystemAuditLogger says it.
struct AuditEvent {
  bool allowed = true;
  std::string_view command;
  std::string_view source;
  std::string_view destination = "null";
  std::string permission = "null";  // owner:group:rwxr-xr-x of what a change leaves
};
// One line in Hadoop's format, tabs between its fields. What a caller chose cannot forge a line: control characters,
// quotes, backslashes and what is not ASCII are escaped as in Java.
std::string audit_line(const rpc::CallContext& context, const AuditEvent& event, const AuditSettings& settings);

// A line for each operation that was carried out or that permissions refused, and hands the outcome on.
class Audit {
 public:
  // Off without a log. It and the settings outlive this.
  Audit(AuditLog* log, const AuditSettings& settings) : log_(log), settings_(settings) {}

  bool is_on() const { return log_ != nullptr; }

  template <class T>
  Result<T> of(Result<T> outcome, const rpc::CallContext& context, std::string_view command, std::string_view source,
               std::string_view destination = "null") const {
    return of_change(std::move(outcome), context, {.command = command, .source = source, .destination = destination},
                     [] { return std::string("null"); });
  }
  // `permission` is asked only if there is a line to write.
  template <class T, class Permission>
  Result<T> of_change(Result<T> outcome, const rpc::CallContext& context, AuditEvent event,
                      Permission permission) const {
    if (log_ != nullptr && (outcome || is_refusal(outcome.error().code()))) {
      event.allowed = outcome.has_value();
      if (event.allowed) event.permission = permission();
      log_->write(audit_line(context, event, settings_));
    }
    return outcome;
  }

 private:
  static bool is_refusal(ErrorCode code) {
    return code == ErrorCode::kAccessControl || code == ErrorCode::kSnapshotAccessControl;
  }

  AuditLog* log_;
  const AuditSettings& settings_;
};

}  // namespace dfs::namenode
