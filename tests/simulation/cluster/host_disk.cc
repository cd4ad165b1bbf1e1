#include "tests/simulation/cluster/host_disk.h"

#include <algorithm>

#include "tests/simulation/kernel/scheduler.h"

namespace dfs::simulation {
namespace {

void take_time(const DiskPace& pace, uint64_t ns_max, bool always) {
  Scheduler& simulation = *Scheduler::running();
  Nanoseconds until = 0;
  if (always || simulation.chance(pace.wait_chance)) until = simulation.now() + simulation.draw(ns_max + 1);
  until = std::max(until, pace.stuck_until_ns);
  int nobody_wakes_this = 0;
  if (until > simulation.now()) simulation.wait(&nobody_wakes_this, until);
}

class HostFile final : public File {
 public:
  HostFile(std::unique_ptr<File> under, const DiskPace& pace) : under_(std::move(under)), pace_(pace) {}

  Result<size_t> pread(std::span<uint8_t> to, uint64_t offset) override {
    take_time(pace_, pace_.access_ns, false);
    return under_->pread(to, offset);
  }
  Result<void> pwrite(ByteView bytes, uint64_t offset) override {
    take_time(pace_, pace_.access_ns, false);
    return under_->pwrite(bytes, offset);
  }
  // What is written while it waits may be in it.
  Result<void> sync() override {
    take_time(pace_, pace_.sync_ns, true);
    return under_->sync();
  }
  void start_writeback(uint64_t offset, uint64_t length) override { under_->start_writeback(offset, length); }
  Result<void> truncate(uint64_t length) override { return under_->truncate(length); }
  Result<void> reserve(uint64_t length) override { return under_->reserve(length); }
  Result<uint64_t> size() override { return under_->size(); }
  int descriptor() const override { return under_->descriptor(); }

 private:
  std::unique_ptr<File> under_;
  const DiskPace& pace_;
};

}  // namespace

HostDisk::HostDisk(Disk& under, const DiskPace& pace) : under_(under), pace_(pace) {}

Result<std::unique_ptr<File>> HostDisk::open(const std::string& path, OpenMode mode) {
  take_time(pace_, pace_.access_ns, false);
  DFS_TRY(auto file, under_.open(path, mode));
  return std::make_unique<HostFile>(std::move(file), pace_);
}
Result<void> HostDisk::rename(const std::string& from, const std::string& to) {
  take_time(pace_, pace_.access_ns, false);
  return under_.rename(from, to);
}
Result<void> HostDisk::link(const std::string& from, const std::string& to) {
  return under_.link(from, to);
}
Result<void> HostDisk::remove(const std::string& path) {
  take_time(pace_, pace_.access_ns, false);
  return under_.remove(path);
}
Result<void> HostDisk::remove_tree(const std::string& path) {
  return under_.remove_tree(path);
}
Result<void> HostDisk::make_directories(const std::string& path, uint32_t mode) {
  return under_.make_directories(path, mode);
}
Result<std::vector<DirectoryEntry>> HostDisk::list(const std::string& path) {
  return under_.list(path);
}
Result<bool> HostDisk::exists(const std::string& path) {
  return under_.exists(path);
}
Result<void> HostDisk::sync_directory(const std::string& path) {
  take_time(pace_, pace_.sync_ns, true);
  return under_.sync_directory(path);
}
Result<DiskSpace> HostDisk::space(const std::string& path) {
  return under_.space(path);
}
// There is one process on a host: who asks has it.
Result<std::unique_ptr<File>> HostDisk::lock(const std::string& path) {
  return open(path, OpenMode::kCreate);
}

}  // namespace dfs::simulation
