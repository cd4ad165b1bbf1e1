#pragma once

#include "datanode/reporting/namenode_link.h"
#include "proto/base/task.h"

namespace dfs::datanode {

struct NamenodeLink::State {
  State(boost::asio::any_io_executor executor, rpc::Client::Settings settings)
      : client(executor, std::move(settings)), tasks(executor), report_now(executor) {}

  rpc::Client client;
  TaskGroup tasks;
  Signal report_now;
  ReplicaStore* store = nullptr;
  TransferServer* transfers = nullptr;
  TransferContext* context = nullptr;
  hadoop::hdfs::datanode::DatanodeRegistrationProto registration;
  std::function<void(Error)> on_failure;
  bool stopping = false;
  bool registered = false;
  bool away = false;
  bool first_report = true;
  uint64_t lease = 0;  // for the next full report, or 0
  // A lease that is asked for meanwhile would make the one in use invalid.
  bool full_report_running = false;
  // Also what could wait a little.
  bool report_all = false;
  // A report failed: until a heartbeat gets through, others would fail too.
  bool reports_held = false;
  std::chrono::steady_clock::time_point full_report_due{};
};

}  // namespace dfs::datanode
