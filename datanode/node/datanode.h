#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "datanode/replicas/block.h"
#include "datanode/replicas/directory_scanner.h"
#include "datanode/replicas/volume.h"
#include "datanode/replicas/volume_choice.h"
#include "proto/base/error.h"
#include "proto/io/stream.h"

namespace dfs {
class Disk;
}

namespace dfs::datanode {

// A whole DataNode: its volumes, the data transfer and RPC servers and the reports to one NameNode. It owns and wires.
//
// One thread calls start() and then stop(); stop() may also be called from another thread while start() waits.
class DataNode {
 public:
  struct Directory {
    std::string path;
    StorageType type = StorageType::kDisk;
    ReservedSpace reserved{};  // dfs.datanode.du.reserved and its kin
    std::string text{};        // as it is configured
  };
  static constexpr std::array<std::string_view, 5> kReconfigurable{
      "dfs.datanode.data.dir", "dfs.blockreport.intervalMsec", "dfs.datanode.balance.max.concurrent.moves",
      "dfs.datanode.max.transfer.threads", "dfs.datanode.balance.bandwidthPerSec"};
  struct Settings {
    std::vector<Directory> directories;    // dfs.datanode.data.dir
    Endpoint namenode{"localhost", 8020};  // fs.defaultFS or dfs.namenode.servicerpc-address
    Endpoint data{"127.0.0.1", 9866};      // dfs.datanode.address
    Endpoint ipc{"127.0.0.1", 9867};       // dfs.datanode.ipc.address
    uint16_t info_port = 9864;             // of the HTTP server, which the owner starts first; reported as it is
    std::string host_name;                 // dfs.datanode.hostname; empty: this machine's, or localhost on loopback
    std::string user;                      // who we are to the NameNode; empty: the process's user

    std::chrono::milliseconds heartbeat_interval{3000};                      // dfs.heartbeat.interval
    std::chrono::milliseconds block_report_interval{std::chrono::hours(6)};  // dfs.blockreport.intervalMsec
    std::chrono::hours scan_period{504};                                     // dfs.datanode.scan.period.hours; 0: never
    uint64_t scan_bytes_per_second = 1u << 20;  // dfs.block.scanner.volume.bytes.per.second
    // dfs.datanode.directoryscan.interval (0: never), .throttle.limit.ms.per.sec
    DirectoryScanSettings directory_scan{};
    VolumeChoice::Settings volume_choice{};  // dfs.datanode.fsdataset.volume.choosing.policy
    // dfs.datanode.failed.volumes.tolerated; nothing: as long as one volume is left
    std::optional<size_t> failed_volumes_tolerated = 0;
    std::chrono::milliseconds disk_deadline{600000};        // dfs.datanode.disk.check.timeout
    std::chrono::milliseconds writer_stop_deadline{60000};  // dfs.datanode.xceiver.stop.timeout.millis
    uint64_t block_bytes_estimate = 64u << 20;       // dfs.blocksize: room that a new block of unknown size must find
    uint64_t balance_bytes_per_second = 100u << 20;  // dfs.datanode.balance.bandwidthPerSec
    int balance_moves_max = 100;                     // dfs.datanode.balance.max.concurrent.moves
    uint32_t transfers_max = 4096;                   // dfs.datanode.max.transfer.threads
    std::chrono::milliseconds transfer_idle_deadline{60000};    // dfs.client.socket-timeout
    std::chrono::milliseconds transfer_write_deadline{480000};  // dfs.datanode.socket.write.timeout
    std::chrono::milliseconds keep_alive{4000};                 // dfs.datanode.socket.reuse.keepalive
    bool sync_on_close = true;                                  // dfs.datanode.synconclose, true unless set
    bool connect_by_host_name = false;                          // dfs.datanode.use.datanode.hostname
    // Format empty directories beside ones that are in use (tusk.datanode.new.volumes). Off, so that a disk that is
    // not mounted is not taken for a new one.
    bool accept_new_volumes = false;
    bool rollback = false;  // brings back what was deleted during a rolling upgrade (-rollback)
    // A disk that does not answer for so long is left out for new replicas.
    std::chrono::milliseconds disk_stall_deadline{5000};
    size_t network_threads = 2;
    size_t volume_threads = 4;  // of each directory
    Disk* disk = nullptr;       // null: the machine's

    // What `dfsadmin -reconfig` may change: those of kReconfigurable, as they are configured.
    std::map<std::string, std::optional<std::string>> properties;
    // The settings as they are configured now; blocks. Null: nothing changes while the DataNode runs.
    std::function<Result<Settings>()> reread;
    // Called once, on a thread of ours, when we cannot go on (expelled, told to shut down): the owner should stop().
    std::function<void(Error)> on_failure;
  };

  explicit DataNode(Settings settings);
  // Requires: stopped, or never started.
  ~DataNode();
  DataNode(const DataNode&) = delete;
  DataNode& operator=(const DataNode&) = delete;

  // Opens the directories, listens, and returns when the NameNode has registered us and all replicas are known; as
  // long as the NameNode is away it waits. After an error, stop() is still to be called.
  Result<void> start();
  // Ends every connection and thread. Replicas that are being written stay as they are and are recovered later.
  void stop();

  // After start(), also where port 0 was asked for.
  uint16_t data_port() const;
  uint16_t ipc_port() const;
  std::string uuid() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace dfs::datanode
