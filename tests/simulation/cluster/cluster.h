#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "datanode/node/datanode.h"
#include "dfs/filesystem.h"
#include "namenode/namenode.h"
#include "proto/io/faulty_disk.h"
#include "proto/io/memory_disk.h"
#include "tests/simulation/cluster/host_disk.h"
#include "tests/simulation/kernel/scheduler.h"

namespace dfs::simulation {

// A NameNode, DataNodes and clients, each on a host of its own, made of the daemons' composition roots. Of the thread
// that the run begins with, which is on none of them.
//
// A process that is killed leaves its threads, for ever asleep, and its memory; its disks stay with the host.
class Cluster {
 public:
  struct Settings {
    size_t datanodes = 4;
    size_t clients = 2;
    size_t volumes = 1;
    std::map<std::string, std::string> properties{};  // Hadoop's keys, of the NameNode and the clients
  };
  // Every process is up and the NameNode out of safe mode, or the run ends with what is wrong.
  explicit Cluster(Settings settings);

  struct DataNodeHost {
    Host host;
    MemoryDisk disk;
    FaultyDisk faults{disk};
    DiskPace pace;
    std::unique_ptr<HostDisk> seen;
    datanode::DataNode* node = nullptr;  // null: not running
    bool started = false;
    std::string failure;  // why it gave up
  };
  DataNodeHost& datanode(size_t i) { return *datanodes_[i]; }
  size_t datanode_count() const { return datanodes_.size(); }
  Host& client_host(size_t i) { return *clients_[i]; }
  Host& namenode_host() { return namenode_host_; }

  void start_datanode(size_t i);
  bool is_up(size_t i) const { return datanodes_[i]->node && datanodes_[i]->started; }
  // kill -9: what it wrote is in the page cache, its peers see its connections end.
  void kill_datanode(size_t i);
  // What was not synced is lost, or any part of it, and nobody hears of it.
  void cut_power_of_datanode(size_t i);
  // As an operator stops it. Waits.
  void stop_datanode(size_t i);

  void start_namenode();
  void kill_namenode();
  void cut_power_of_namenode();
  bool namenode_is_up() const { return namenode_started_; }
  // Of the NameNode that runs. Null: none does.
  namenode::Tables* tables() { return tables_; }
  Disk& namenode_disk() { return namenode_disk_; }
  const namenode::NameNodeSettings& namenode_settings() const { return namenode_settings_; }

  // On a thread of the host, which goes with the host's process.
  std::thread on(Host& host, std::function<void()> body);
  // A handle of its own for a client's thread; on that thread.
  fs::FileSystem connect(std::map<std::string, std::string> properties = {});

  // Lets virtual time pass until `holds`, or for that long; whether it came to hold.
  static bool wait_until(Nanoseconds at_most, const std::function<bool()>& holds);
  static void pass(Nanoseconds time);

 private:
  void format();

  Settings settings_;
  Host namenode_host_;
  MemoryDisk namenode_disk_;
  DiskPace namenode_pace_;
  std::unique_ptr<HostDisk> namenode_sees_;
  namenode::NameNodeSettings namenode_settings_;
  namenode::Tables* tables_ = nullptr;
  bool namenode_started_ = false;
  std::vector<std::unique_ptr<DataNodeHost>> datanodes_;
  std::vector<std::unique_ptr<Host>> clients_;
};

// Ends the run: the simulation itself cannot go on.
[[noreturn]] void give_up(const std::string& why);

}  // namespace dfs::simulation
