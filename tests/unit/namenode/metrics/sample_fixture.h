#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "namenode/metrics/sample.h"

namespace dfs::namenode {

// A NameNode with a live DataNode of two storages and a dead one.
class SampleFixture : public testing::Test {
 protected:
  SampleFixture() {
    auto view = std::make_shared<DatanodeView>();
    view->datanodes.push_back(datanode("h1", "10.0.0.1", DatanodeLiveness::kLive));
    view->datanodes.push_back(datanode("h2", "10.0.0.2", DatanodeLiveness::kDead));
    view->capacity_bytes = 400;
    view->used_bytes = 100;
    view->remaining_bytes = 200;
    view->missing = 2;
    sample.datanodes = view;
    sample.host_name = "nn";
    sample.rpc_port = 8020;
    sample.now = TimePoint(std::chrono::seconds(100));
    sample.name_folders = {"/both", "/image"};
    sample.edits_folders = {"/both", "/edits"};
    commit.set_edits_folders({"/both"});
    commit.segment_first = 11;
    sample.applied = TransactionId{20};
    sample.checkpoint = TransactionId{5};
    sample.commit = &commit;
    sample.rpc = &rpc;
    sample.client_calls = [](std::string_view method) { return method == "create" ? 3u : 0u; };
    sample.datanode_calls = [](std::string_view) { return 4u; };
    sample.list_snapshottable = [this]() -> Result<std::vector<SnapshottableStatus>> { return snapshottable; };
    sample.list_snapshots = [](const std::string&) -> Result<std::vector<SnapshotStatus>> {
      SnapshotStatus taken{.status = {}, .id = SnapshotId{4}, .directory = "/a/d"};
      taken.status.name = "s1";
      taken.status.inode = std::make_shared<const InodeRow>(InodeRow{.modification_time_ms = 9});
      return std::vector{taken};
    };
    sample.startup = StartupProgress().view(sample.now);
  }

  static DatanodeStatus datanode(std::string host, std::string address, DatanodeLiveness liveness) {
    DatanodeStatus made;
    made.uuid = host;
    made.host_name = std::move(host);
    made.ip_address = std::move(address);
    made.transfer_port = 9866;
    made.http_port = 9864;
    made.software_version = "3.4.1";
    made.liveness = liveness;
    made.last_update_monotonic_ms = 90'000;
    made.last_block_report_monotonic_ms = 40'000;
    made.xceiver_count = 2;
    made.block_count = 7;
    for (uint32_t i = 0; i < 2; ++i) {
      StorageStatus storage;
      storage.number = StorageNumber{i + 1};
      storage.capacity_bytes = 200;
      storage.dfs_used_bytes = storage.block_pool_used_bytes = 50;
      storage.remaining_bytes = 100;
      made.storages.push_back(storage);
    }
    return made;
  }

  metrics::Value attribute(std::string_view bean, std::string_view name) const {
    for (const metrics::Bean& each : beans_of(sample)) {
      if (!each.name.ends_with("name=" + std::string(bean))) continue;
      for (const auto& [key, value] : each.attributes) {
        if (key == name) return value;
      }
    }
    ADD_FAILURE() << "no " << name << " in " << bean;
    return {};
  }
  std::string text(std::string_view bean, std::string_view name) const {
    return metrics::to_json(attribute(bean, name), metrics::JsonLayout::kCompact);
  }
  std::string json(std::string_view bean, std::string_view name) const {
    return std::get<std::string>(attribute(bean, name).held);
  }

  std::vector<SnapshottableStatus> snapshottable;
  CommitActivity commit;
  rpc::Activity rpc{{"create", "delete"}};
  Sample sample;
};

}  // namespace dfs::namenode
