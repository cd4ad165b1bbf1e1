#pragma once

#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "proto/rpc/server.h"

namespace dfs::namenode {

// One line for each operation that was carried out or that permissions refused, in Hadoop's format, tabs between its
// fields (FSNamesystem.DefaultAuditLogger). What a caller chose cannot forge a line: control characters and backslashes
// in it are escaped.
std::string audit_line(const rpc::CallContext& context, bool allowed, std::string_view command, std::string_view source,
                       std::string_view destination);

// Logs it if the NameNode was told to, unless the operation failed for another reason than permissions, and hands the
// outcome on. Without a destination: "null".
class Audit {
 public:
  enum class Log : bool { kOff, kOn };
  explicit Audit(Log log) : log_(log) {}

  template <class T>
  Result<T> of(Result<T> outcome, const rpc::CallContext& context, std::string_view command, std::string_view source,
               std::string_view destination = "null") const {
    if (log_ == Log::kOn && (outcome || outcome.error().code() == ErrorCode::kAccessControl)) {
      write(audit_line(context, outcome.has_value(), command, source, destination));
    }
    return outcome;
  }

 private:
  static void write(const std::string& line);
  Log log_;
};

}  // namespace dfs::namenode
