#include "namenode/service/audit_log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <chrono>

#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

constexpr size_t kLinesWaitingMax = 8192;

class RotatingAuditLog final : public AuditLog {
 public:
  explicit RotatingAuditLog(const AuditSettings& settings)
      : thread_(std::make_shared<spdlog::details::thread_pool>(kLinesWaitingMax, 1)),
        logger_(std::make_shared<spdlog::async_logger>("audit",
                                                       std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
                                                           settings.file, settings.file_bytes_max, settings.files_kept),
                                                       thread_, spdlog::async_overflow_policy::block)) {
    logger_->set_pattern("%Y-%m-%d %H:%M:%S,%e INFO FSNamesystem.audit: %v");
    logger_->flush_on(spdlog::level::info);
    logger_->set_error_handler([](const std::string& problem) { log::error("audit log: {}", problem); });
  }
  void write(std::string_view line) override { logger_->log(spdlog::level::info, line); }

 private:
  std::shared_ptr<spdlog::details::thread_pool> thread_;  // joins when it goes, after the logger
  std::shared_ptr<spdlog::async_logger> logger_;
};

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(const AuditSettings& settings) {
  try {
    return std::make_unique<RotatingAuditLog>(settings);
  } catch (const spdlog::spdlog_ex& problem) {
    return fail(ErrorCode::kConfiguration, "tusk.namenode.audit.file: " + std::string(problem.what()));
  }
}

}  // namespace dfs::namenode
