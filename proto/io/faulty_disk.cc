#include "proto/io/faulty_disk.h"

namespace dfs {
namespace {

constexpr uint64_t kTornSectorBytes = 512;

constexpr const char* kVerbs[kDiskOperationCount] = {
    "open", "read",   "write",          "sync", "truncate", "reserve",        "size",  "rename",
    "link", "remove", "make directory", "list", "stat",     "sync directory", "space", "lock"};

constexpr bool is_change(DiskOperation operation) {
  switch (operation) {
    case DiskOperation::kWrite:
    case DiskOperation::kSync:
    case DiskOperation::kTruncate:
    case DiskOperation::kRename:
    case DiskOperation::kLink:
    case DiskOperation::kRemove:
    case DiskOperation::kMakeDirectories:
    case DiskOperation::kSyncDirectory:
      return true;
    default:
      return false;
  }
}

}  // namespace

class FaultyDisk::Faults {
 public:
  // Counts the operation, and the error if it is to fail.
  Result<void> check(DiskOperation operation, const std::string& path) {
    std::lock_guard guard(mutex_);
    ++counts_[size_t(operation)];
    for (auto& [fault, begun] : armed_) {
      if (fault.from_a_change && !begun && !is_change(operation)) continue;
      if (fault.operation && *fault.operation != operation) continue;
      if (fault.on_path && !fault.on_path(path)) continue;
      if (fault.skip > 0) {
        --fault.skip;
      } else if (fault.times > 0) {
        --fault.times;
        begun = true;
        return fail(Error::from_errno(fault.error_number, std::string(kVerbs[size_t(operation)]) + " " + path));
      }
    }
    return {};
  }

  void arm(Fault fault) {
    std::lock_guard guard(mutex_);
    armed_.push_back({std::move(fault), false});
  }
  void disarm() {
    std::lock_guard guard(mutex_);
    armed_.clear();
  }
  uint64_t count(std::optional<DiskOperation> operation) const {
    std::lock_guard guard(mutex_);
    if (operation) return counts_[size_t(*operation)];
    uint64_t sum = 0;
    for (uint64_t count : counts_) sum += count;
    return sum;
  }
  uint64_t count_changes() const {
    std::lock_guard guard(mutex_);
    uint64_t sum = 0;
    for (size_t i = 0; i < counts_.size(); ++i) sum += is_change(DiskOperation(i)) ? counts_[i] : 0;
    return sum;
  }

 private:
  struct Armed {
    Fault fault;
    bool begun = false;  // to fail
  };
  mutable std::mutex mutex_;
  std::vector<Armed> armed_;
  std::array<uint64_t, kDiskOperationCount> counts_{};
};

class FaultyDisk::OpenFile final : public File {
 public:
  OpenFile(std::unique_ptr<File> under, std::shared_ptr<Faults> faults, std::string path)
      : under_(std::move(under)), faults_(std::move(faults)), path_(std::move(path)) {}

  Result<size_t> pread(std::span<uint8_t> to, uint64_t offset) override {
    DFS_TRY_OK(faults_->check(DiskOperation::kRead, path_));
    return under_->pread(to, offset);
  }
  Result<void> pwrite(ByteView bytes, uint64_t offset) override {
    auto checked = faults_->check(DiskOperation::kWrite, path_);
    if (checked) return under_->pwrite(bytes, offset);
    const uint64_t half = (offset + bytes.size() / 2) / kTornSectorBytes * kTornSectorBytes;
    if (half > offset) {
      DFS_TRY_OK(under_->pwrite(bytes.first(size_t(half - offset)), offset));
    }
    return checked;
  }
  Result<void> sync() override {
    DFS_TRY_OK(faults_->check(DiskOperation::kSync, path_));
    return under_->sync();
  }
  void start_writeback(uint64_t offset, uint64_t length) override { under_->start_writeback(offset, length); }
  Result<void> truncate(uint64_t length) override {
    DFS_TRY_OK(faults_->check(DiskOperation::kTruncate, path_));
    return under_->truncate(length);
  }
  Result<void> reserve(uint64_t length) override {
    DFS_TRY_OK(faults_->check(DiskOperation::kReserve, path_));
    return under_->reserve(length);
  }
  Result<uint64_t> size() override {
    DFS_TRY_OK(faults_->check(DiskOperation::kSize, path_));
    return under_->size();
  }
  // None, so that nobody gets at the file past the faults.
  int descriptor() const override { return -1; }

 private:
  std::unique_ptr<File> under_;
  std::shared_ptr<Faults> faults_;
  std::string path_;
};

FaultyDisk::FaultyDisk(Disk& under) : under_(under), faults_(std::make_shared<Faults>()) {}
FaultyDisk::~FaultyDisk() = default;

void FaultyDisk::arm(Fault fault) {
  faults_->arm(std::move(fault));
}
void FaultyDisk::disarm() {
  faults_->disarm();
}
uint64_t FaultyDisk::count(DiskOperation operation) const {
  return faults_->count(operation);
}
uint64_t FaultyDisk::count_changes() const {
  return faults_->count_changes();
}
uint64_t FaultyDisk::count() const {
  return faults_->count(std::nullopt);
}

Result<std::unique_ptr<File>> FaultyDisk::open(const std::string& path, OpenMode mode) {
  DFS_TRY_OK(faults_->check(DiskOperation::kOpen, path));
  DFS_TRY(std::unique_ptr<File> file, under_.open(path, mode));
  return std::make_unique<OpenFile>(std::move(file), faults_, path);
}
Result<void> FaultyDisk::rename(const std::string& from, const std::string& to) {
  DFS_TRY_OK(faults_->check(DiskOperation::kRename, from));
  return under_.rename(from, to);
}
Result<void> FaultyDisk::link(const std::string& from, const std::string& to) {
  DFS_TRY_OK(faults_->check(DiskOperation::kLink, from));
  return under_.link(from, to);
}
Result<void> FaultyDisk::remove(const std::string& path) {
  DFS_TRY_OK(faults_->check(DiskOperation::kRemove, path));
  return under_.remove(path);
}
Result<void> FaultyDisk::remove_tree(const std::string& path) {
  DFS_TRY_OK(faults_->check(DiskOperation::kRemove, path));
  return under_.remove_tree(path);
}
Result<void> FaultyDisk::make_directories(const std::string& path, uint32_t mode) {
  DFS_TRY_OK(faults_->check(DiskOperation::kMakeDirectories, path));
  return under_.make_directories(path, mode);
}
Result<std::vector<DirectoryEntry>> FaultyDisk::list(const std::string& path) {
  DFS_TRY_OK(faults_->check(DiskOperation::kList, path));
  return under_.list(path);
}
Result<bool> FaultyDisk::exists(const std::string& path) {
  DFS_TRY_OK(faults_->check(DiskOperation::kExists, path));
  return under_.exists(path);
}
Result<void> FaultyDisk::sync_directory(const std::string& path) {
  DFS_TRY_OK(faults_->check(DiskOperation::kSyncDirectory, path));
  return under_.sync_directory(path);
}
Result<DiskSpace> FaultyDisk::space(const std::string& path) {
  DFS_TRY_OK(faults_->check(DiskOperation::kSpace, path));
  return under_.space(path);
}
Result<std::unique_ptr<File>> FaultyDisk::lock(const std::string& path) {
  DFS_TRY_OK(faults_->check(DiskOperation::kLock, path));
  DFS_TRY(std::unique_ptr<File> file, under_.lock(path));
  return std::make_unique<OpenFile>(std::move(file), faults_, path);
}

}  // namespace dfs
