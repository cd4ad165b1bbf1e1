#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "datanode/replicas/directory_scanner.h"
#include "datanode/replicas/replica_store.h"
#include "datanode/replicas/scanner.h"

namespace dfs::datanode {

// What goes on for each volume as long as it is in use: its space is measured, its replicas are verified and compared
// with its files, and a disk that fails or hangs is noticed.
//
// Lives on one executor, stopped before it is destroyed.
class VolumeKeeper {
 public:
  struct Settings {
    std::chrono::milliseconds measure_interval{3000};
    std::chrono::milliseconds stall_deadline{5000};   // a disk that does not answer for so long gets no new replicas
    std::chrono::milliseconds hang_deadline{600000};  // a disk that does not answer for so long has failed
    std::optional<ScanSettings> scan{};
    std::optional<DirectoryScanSettings> directory_scan{};
  };
  // `on_failure` is called once for each volume that fails. `store` outlives the keeper.
  VolumeKeeper(boost::asio::any_io_executor executor, ReplicaStore& store, Settings settings,
               std::function<void(Volume&)> on_failure);
  ~VolumeKeeper();

  void start(Volume& volume);
  // Does not wait, as the disk may hang.
  void end(const Volume& volume);
  Task<void> stop();

 private:
  struct Kept;
  Task<void> measure(Kept& kept);
  Task<void> watch(Kept& kept);

  const boost::asio::any_io_executor executor_;
  ReplicaStore& store_;
  const Settings settings_;
  const std::function<void(Volume&)> on_failure_;
  std::list<std::unique_ptr<Kept>> kept_;
};

}  // namespace dfs::datanode
