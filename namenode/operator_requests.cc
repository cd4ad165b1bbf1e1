#include "namenode/operator_requests.h"

#include "proto/base/later_as_task.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

OperatorRequests::OperatorRequests(Parts parts)
    : parts_(std::move(parts)), tail_(Disk::posix(), parts_.edits_directories) {
  reading_.start();
}

OperatorRequests::~OperatorRequests() {
  reading_.stop();
}

Task<Result<bool>> OperatorRequests::safe_mode(SafeModeAction action) {
  auto work = [this, action](const NamespaceThread::Unjournaled&) -> Result<bool> {
    if (action == SafeModeAction::kEnter) parts_.blocks.enter_safe_mode();
    if (action == SafeModeAction::kLeave || action == SafeModeAction::kForceExit) parts_.blocks.leave_safe_mode();
    return parts_.blocks.in_safe_mode();
  };
  co_return co_await as_task(parts_.commit.run<bool>(std::move(work)));
}

Task<Result<void>> OperatorRequests::save_namespace() {
  DFS_CO_TRY(bool safe, co_await safe_mode(SafeModeAction::kGet));
  if (!safe) {
    co_return fail(ErrorCode::kIo, "Safe mode should be turned ON in order to create namespace image.");
  }
  co_return co_await parts_.checkpoint.save();
}

Task<Result<TransactionId>> OperatorRequests::roll_edits() {
  co_return co_await as_task(parts_.commit.roll());
}

Task<Result<void>> OperatorRequests::refresh_nodes() {
  DFS_CO_TRY(HostLists hosts,
             co_await run_on(reading_.executor(), [this] { return read_host_lists(parts_.host_files); }));
  DFS_CO_TRY_OK(co_await parts_.racks.forget());
  std::vector<std::string> admitted;
  for (const HostEntry& entry : hosts.admitted()) admitted.push_back(entry.host);
  co_await parts_.racks.prepare(std::move(admitted));
  auto work = [&](const NamespaceThread::Unjournaled& now) -> Result<Done> {
    parts_.blocks.set_hosts(std::move(hosts), now.wall);
    return Done{};
  };
  DFS_CO_TRY_OK(co_await as_task(parts_.commit.run<Done>(std::move(work))));
  co_return Result<void>{};
}

Task<Result<void>> OperatorRequests::set_balancer_bandwidth(uint64_t bytes_per_second) {
  parts_.datanodes.set_balancer_bandwidth(bytes_per_second);
  co_return Result<void>{};
}

Result<void> OperatorRequests::write_dump(const std::string& file_name, const std::string& text) {
  if (file_name.empty() || file_name.starts_with('.') || file_name.find('/') != std::string::npos) {
    return fail(ErrorCode::kInvalidArgument,
                "'" + file_name + "' is not the name of a file in the folder " + parts_.log_directory);
  }
  DFS_TRY_OK(Disk::posix().make_directories(parts_.log_directory, 0755));
  return Disk::posix().write_file_atomically(parts_.log_directory + "/" + file_name, text);
}

Task<Result<std::vector<Edit>>> OperatorRequests::edits_from(TransactionId from, TransactionId durable,
                                                             size_t count_max) {
  co_return co_await run_on(reading_.executor(), [=, this] { return tail_.read(from, durable, count_max); });
}

Task<Result<std::vector<SegmentName>>> OperatorRequests::segments() {
  co_return co_await run_on(reading_.executor(), [this] {
    return list_segments(Disk::posix(), parts_.edits_directories.front() + "/current");
  });
}

Result<void> OperatorRequests::refresh_proxy_users() {
  return fail(ErrorCode::kUnsupported, "hadoop.proxyuser.* is read at the start: restart the NameNode");
}

}  // namespace dfs::namenode
