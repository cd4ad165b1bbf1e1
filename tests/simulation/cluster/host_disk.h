#pragma once

#include <memory>
#include <string>

#include "proto/io/disk.h"
#include "proto/io/memory_disk.h"

namespace dfs::simulation {

// How long a disk takes, and how slow it is just now. Belongs to the host, which has it over restarts.
struct DiskPace {
  double wait_chance = 0.25;     // that a read or write takes any time
  uint64_t access_ns = 60'000;   // at most
  uint64_t sync_ns = 3'000'000;  // at most
  uint64_t stuck_until_ns = 0;   // nothing is answered before
};

// The disk of a host as one process sees it: takes time, and its locks end with the process.
class HostDisk final : public Disk {
 public:
  HostDisk(Disk& under, const DiskPace& pace);

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> link(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> remove_tree(const std::string& path) override;
  Result<void> make_directories(const std::string& path, uint32_t mode) override;
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override;
  Result<bool> exists(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<DiskSpace> space(const std::string& path) override;
  Result<std::unique_ptr<File>> lock(const std::string& path) override;

 private:
  Disk& under_;
  const DiskPace& pace_;
};

}  // namespace dfs::simulation
