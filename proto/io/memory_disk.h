#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "proto/io/disk.h"

namespace dfs {

// A disk in memory that knows what a power cut would leave: of a file what its last sync() wrote, of a directory the
// names at its last sync_directory(). For tests and simulation; thread-safe like every Disk. "/" is there from the
// start.
class MemoryDisk final : public Disk {
 public:
  MemoryDisk();
  ~MemoryDisk() override;

  // Everything that was not synced is gone. Files open before only fail from then on; locks are free.
  void lose_power();
  // The same, but any part of what was not synced may have reached the disk before: names, lengths, sectors of 512
  // bytes, each as `random` decides. Of a rename within a directory the new name, the former one or both.
  void lose_power(std::mt19937_64& random);
  void set_space(DiskSpace space);

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
  struct Node;
  struct State;
  class OpenFile;

  // Shared with the open files, which may outlive the disk.
  std::shared_ptr<State> state_;
};

}  // namespace dfs
