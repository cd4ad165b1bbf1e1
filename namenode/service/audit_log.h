#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "proto/base/error.h"

namespace dfs::namenode {

struct AuditSettings {
  std::string file;                     // tusk.namenode.audit.file
  bool caller_context = false;          // hadoop.caller.context.enabled
  uint32_t context_max = 128;           // hadoop.caller.context.max.size
  uint32_t signature_max = 40;          // hadoop.caller.context.signature.max.size
  uint64_t file_bytes_max = 256 << 20;  // then the file is put aside, as stock log4j settings do
  uint32_t files_kept = 20;
};

// The file that audit lines go to, each behind its time as stock log4j settings have it ("2026-11-22 10:00:00,123 INFO
// FSNamesystem.audit: ..."). A thread of its own writes them; whoever comes while it is far behind waits. Thread-safe.
class AuditLog {
 public:
  // kConfiguration where the file cannot be written.
  static Result<std::unique_ptr<AuditLog>> open(const AuditSettings& settings);
  // What is in hand is written first.
  virtual ~AuditLog() = default;
  virtual void write(std::string_view line) = 0;
};

}  // namespace dfs::namenode
