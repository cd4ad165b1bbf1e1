#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "proto/io/disk.h"

namespace dfs {

enum class DiskOperation : uint8_t {
  kOpen,
  kRead,
  kWrite,
  kSync,
  kTruncate,
  kReserve,
  kSize,
  kRename,
  kLink,
  kRemove,
  kMakeDirectories,
  kList,
  kExists,
  kSyncDirectory,
  kSpace,
  kLock,
};
inline constexpr size_t kDiskOperationCount = 16;

// Another disk, some of whose operations fail as a test arms them. A write that fails has written its first half, up to
// a whole sector. Thread-safe.
class FaultyDisk final : public Disk {
 public:
  struct Fault {
    std::optional<DiskOperation> operation{};           // nothing: any
    std::function<bool(const std::string&)> on_path{};  // nothing: any
    bool from_a_change = false;  // `skip` counts what changes the disk alone; the first to fail is such, then any is
    uint64_t skip = 0;           // how many operations that fit go well before
    uint64_t times = 1;          // how many then fail
    int error_number = 5;        // EIO
  };

  explicit FaultyDisk(Disk& under);
  ~FaultyDisk() override;

  void arm(Fault fault);
  // Everything from the `count`-th operation from now on fails: the machine is off.
  void stop_after(uint64_t count) { arm({.on_path = {}, .skip = count, .times = UINT64_MAX}); }
  // The same before the change after `count` others: a write, a sync, a new length or name.
  void stop_after_changes(uint64_t count) {
    arm({.on_path = {}, .from_a_change = true, .skip = count, .times = UINT64_MAX});
  }
  void disarm();
  // How many operations there were so far, those that failed included.
  uint64_t count(DiskOperation operation) const;
  uint64_t count() const;
  uint64_t count_changes() const;

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
  class Faults;
  class OpenFile;

  Disk& under_;
  // Shared with the open files, which may outlive the disk.
  std::shared_ptr<Faults> faults_;
};

}  // namespace dfs
