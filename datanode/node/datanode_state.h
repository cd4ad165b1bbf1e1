#pragma once

#include <future>
#include <mutex>

#include "datanode/node/datanode.h"
#include "datanode/node/volume_keeper.h"
#include "datanode/reporting/namenode_link.h"
#include "datanode/reporting/pending_reports.h"
#include "datanode/reporting/reconfiguration.h"
#include "datanode/reporting/services.h"
#include "datanode/transfer/operation.h"
#include "datanode/transfer/server.h"
#include "proto/base/event_loop.h"
#include "proto/base/task.h"
#include "proto/rpc/server.h"
#include "proto/security/identity.h"

namespace dfs::datanode {

struct DataNode::State {
  explicit State(Settings given);

  Settings settings;
  std::vector<std::unique_ptr<EventLoop>> loops;
  EventLoop administration{"dn-admin"};  // for disks that are not volumes yet
  PendingReports pending;
  std::unique_ptr<NamenodeLink> link;
  std::unique_ptr<ReplicaStore> store;
  std::unique_ptr<TransferContext> context;
  std::unique_ptr<TransferServer> transfers;
  std::unique_ptr<ClientDatanodeService> client_service;
  std::unique_ptr<InterDatanodeService> inter_service;
  std::unique_ptr<security::GroupMapping> groups;
  std::unique_ptr<security::ProxyUsers> proxy_users;
  std::unique_ptr<rpc::Server> rpc;
  std::unique_ptr<ReconfigurationService> reconfiguration;
  std::unique_ptr<VolumeKeeper> keeper;
  std::unique_ptr<TaskGroup> orders;  // reconfigurations, and what a failed volume calls for
  std::string cluster_id;
  Settings next;  // as they were read last
  std::string uuid;
  std::mutex stop_mutex;
  bool stopped = false;

  asio::any_io_executor loop(size_t i) { return loops[i % loops.size()]->executor(); }
  std::vector<asio::any_io_executor> executors() {
    std::vector<asio::any_io_executor> all;
    for (auto& one : loops) all.push_back(one->executor());
    return all;
  }
  template <class T>
  T on_loop(Task<T> task) {
    return asio::co_spawn(loop(0), without_cancellation_exceptions(std::move(task)), asio::use_future).get();
  }

  Volume::Settings volume_settings(const Directory& directory) const;
  size_t failures_max(size_t directories) const;
  Result<OpenedVolumes> open_directories();
  Result<void> format_new(std::vector<std::unique_ptr<Volume>>& volumes, const PoolIdentity& pool);
  Result<void> serve(OpenedVolumes opened);
  // Reports and scanners, once everything is there.
  Task<Result<void>> begin();
  Task<void> end();
  void spawn(Task<void> task);
  Result<void> check_enough_volumes() const;
  Task<void> volume_failed(std::string directory);
  // Takes into `next` what is configured now, of which apply() then puts one property into effect.
  Result<ReconfigurationService::Values> reread();
  Task<ReconfigurationService::Applied> apply(std::string name);
  Task<Result<void>> change_directories(std::vector<Directory> wanted);
  Task<Result<void>> add_directory(Directory directory);
  void fail_later(Error error);
};

}  // namespace dfs::datanode
