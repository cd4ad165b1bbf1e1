#pragma once

#include <functional>
#include <string>

#include "proto/io/disk.h"

namespace dfs::datanode {

// Another disk; `before` is called, on the thread that works, before each operation on names and each change of a file:
// it looks in at a moment that nothing else could catch, or holds the disk up.
class WatchedDisk final : public Disk {
 public:
  using Before = std::function<void(std::string_view operation, const std::string& path)>;

  explicit WatchedDisk(Disk& on) : under(on) {}

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    look("open", path);
    DFS_TRY(std::unique_ptr<File> file, under.open(path, mode));
    return std::make_unique<Watched>(*this, std::move(file), path);
  }
  Result<void> rename(const std::string& from, const std::string& to) override {
    look("rename", from);
    return under.rename(from, to);
  }
  Result<void> link(const std::string& from, const std::string& to) override { return under.link(from, to); }
  Result<void> remove(const std::string& path) override {
    look("remove", path);
    return under.remove(path);
  }
  Result<void> remove_tree(const std::string& path) override { return under.remove_tree(path); }
  Result<void> make_directories(const std::string& path, uint32_t mode) override {
    return under.make_directories(path, mode);
  }
  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    look("list", path);
    return under.list(path);
  }
  Result<bool> exists(const std::string& path) override { return under.exists(path); }
  Result<void> sync_directory(const std::string& path) override {
    look("sync directory", path);
    return under.sync_directory(path);
  }
  Result<DiskSpace> space(const std::string& path) override {
    look("space", path);
    return under.space(path);
  }
  Result<std::unique_ptr<File>> lock(const std::string& path) override { return under.lock(path); }

  Disk& under;
  Before before;

 private:
  class Watched final : public File {
   public:
    Watched(WatchedDisk& disk, std::unique_ptr<File> file, std::string path)
        : disk_(disk), file_(std::move(file)), path_(std::move(path)) {}
    Result<size_t> pread(std::span<uint8_t> to, uint64_t offset) override {
      disk_.look("read", path_);
      return file_->pread(to, offset);
    }
    Result<void> pwrite(ByteView bytes, uint64_t offset) override {
      disk_.look("write", path_);
      return file_->pwrite(bytes, offset);
    }
    Result<void> sync() override {
      disk_.look("sync", path_);
      return file_->sync();
    }
    void start_writeback(uint64_t offset, uint64_t length) override { file_->start_writeback(offset, length); }
    Result<void> truncate(uint64_t length) override {
      disk_.look("truncate", path_);
      return file_->truncate(length);
    }
    Result<void> reserve(uint64_t length) override { return file_->reserve(length); }
    Result<uint64_t> size() override { return file_->size(); }
    // None, so that nobody gets at the file unseen.
    int descriptor() const override { return -1; }

   private:
    WatchedDisk& disk_;
    std::unique_ptr<File> file_;
    std::string path_;
  };

  void look(std::string_view operation, const std::string& path) {
    if (before) before(operation, path);
  }
};

}  // namespace dfs::datanode
