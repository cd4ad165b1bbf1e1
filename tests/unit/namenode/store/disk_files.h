#pragma once

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "proto/io/disk.h"

namespace dfs::namenode {

// RocksDB's files on one of our disks, which can lose power or fail. Each call is one of the disk's, so that a test
// can stop the machine at any of them. The disk outlives the files.
class DiskFiles final : public rocksdb::FileSystem {
 public:
  using Status = rocksdb::IOStatus;
  using Options = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;

  explicit DiskFiles(Disk& disk) : disk_(disk) {}
  const char* Name() const override { return "DiskFiles"; }

  // The machine stops when a MANIFEST is about to be synced: neither that nor any change after it happens.
  void stop_at_sync_of_manifest() { *stop_ = Stop::kAtSyncOfManifest; }
  // That sync fails, and nothing else.
  void fail_sync_of_manifest() { *stop_ = Stop::kFailSyncOfManifest; }

  Status NewSequentialFile(const std::string& path, const rocksdb::FileOptions&,
                           std::unique_ptr<rocksdb::FSSequentialFile>* out, Debug*) override {
    auto file = disk_.open(path, Disk::OpenMode::kRead);
    if (!file) return failed(file.error());
    *out = std::make_unique<Sequential>(*std::move(file));
    return Status::OK();
  }
  Status NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions&,
                             std::unique_ptr<rocksdb::FSRandomAccessFile>* out, Debug*) override {
    auto file = disk_.open(path, Disk::OpenMode::kRead);
    if (!file) return failed(file.error());
    *out = std::make_unique<RandomAccess>(*std::move(file));
    return Status::OK();
  }
  Status NewWritableFile(const std::string& path, const rocksdb::FileOptions&,
                         std::unique_ptr<rocksdb::FSWritableFile>* out, Debug*) override {
    if (*stop_ == Stop::kStopped) return stopped();
    auto file = disk_.open(path, Disk::OpenMode::kCreate);
    if (!file) return failed(file.error());
    if (auto cut = (*file)->truncate(0); !cut) return failed(cut.error());
    *out = std::make_unique<Writable>(*std::move(file), 0, path, stop_);
    return Status::OK();
  }
  Status ReopenWritableFile(const std::string& path, const rocksdb::FileOptions&,
                            std::unique_ptr<rocksdb::FSWritableFile>* out, Debug*) override {
    if (*stop_ == Stop::kStopped) return stopped();
    auto file = disk_.open(path, Disk::OpenMode::kCreate);
    if (!file) return failed(file.error());
    auto size = (*file)->size();
    if (!size) return failed(size.error());
    *out = std::make_unique<Writable>(*std::move(file), *size, path, stop_);
    return Status::OK();
  }
  Status NewDirectory(const std::string& path, const Options&, std::unique_ptr<rocksdb::FSDirectory>* out,
                      Debug*) override {
    *out = std::make_unique<Directory>(disk_, path);
    return Status::OK();
  }
  Status FileExists(const std::string& path, const Options&, Debug*) override {
    auto there = disk_.exists(path);
    if (!there) return failed(there.error());
    return *there ? Status::OK() : Status::NotFound();
  }
  Status GetChildren(const std::string& path, const Options&, std::vector<std::string>* out, Debug*) override {
    auto entries = disk_.list(path);
    if (!entries) return failed(entries.error());
    out->clear();
    for (const DirectoryEntry& entry : *entries) out->push_back(entry.name);
    return Status::OK();
  }
  Status DeleteFile(const std::string& path, const Options&, Debug*) override {
    return change([&] { return disk_.remove(path); });
  }
  Status CreateDir(const std::string& path, const Options&, Debug*) override {
    return of(disk_.make_directories(path, 0700));
  }
  Status CreateDirIfMissing(const std::string& path, const Options&, Debug*) override {
    return of(disk_.make_directories(path, 0700));
  }
  Status DeleteDir(const std::string& path, const Options&, Debug*) override { return of(disk_.remove_tree(path)); }
  Status GetFileSize(const std::string& path, const Options&, uint64_t* size, Debug*) override {
    auto file = disk_.open(path, Disk::OpenMode::kRead);
    if (!file) return failed(file.error());
    auto found = (*file)->size();
    if (!found) return failed(found.error());
    *size = *found;
    return Status::OK();
  }
  Status GetFileModificationTime(const std::string&, const Options&, uint64_t* time, Debug*) override {
    *time = 0;
    return Status::OK();
  }
  Status RenameFile(const std::string& from, const std::string& to, const Options&, Debug*) override {
    return change([&] { return disk_.rename(from, to); });
  }
  Status LinkFile(const std::string& from, const std::string& to, const Options&, Debug*) override {
    return change([&] { return disk_.link(from, to); });
  }
  Status LockFile(const std::string& path, const Options&, rocksdb::FileLock** lock, Debug*) override {
    auto held = disk_.lock(path);
    if (!held) return failed(held.error());
    *lock = new Lock(*std::move(held));
    return Status::OK();
  }
  Status UnlockFile(rocksdb::FileLock* lock, const Options&, Debug*) override {
    delete static_cast<Lock*>(lock);
    return Status::OK();
  }
  Status NewLogger(const std::string&, const Options&, std::shared_ptr<rocksdb::Logger>* out, Debug*) override {
    *out = std::make_shared<Silent>();
    return Status::OK();
  }
  Status GetTestDirectory(const Options&, std::string*, Debug*) override { return Status::NotSupported(); }
  Status GetAbsolutePath(const std::string& path, const Options&, std::string* out, Debug*) override {
    *out = path;
    return Status::OK();
  }
  Status IsDirectory(const std::string& path, const Options&, bool* is, Debug*) override {
    *is = disk_.list(path).has_value();
    return Status::OK();
  }

 private:
  static Status failed(const Error& error) {
    return error.code() == ErrorCode::kFileNotFound ? Status::PathNotFound(error.message())
                                                    : Status::IOError(error.message());
  }
  enum class Stop : uint8_t { kNever, kAtSyncOfManifest, kFailSyncOfManifest, kStopped };
  static Status stopped() { return Status::IOError("the machine has stopped"); }
  template <class Change>
  Status change(const Change& made) {
    return *stop_ == Stop::kStopped ? stopped() : of(made());
  }
  static Status of(const Result<void>& done) { return done ? Status::OK() : failed(done.error()); }
  static Status read(File& file, uint64_t offset, size_t count, rocksdb::Slice* out, char* scratch) {
    auto got = file.pread({reinterpret_cast<uint8_t*>(scratch), count}, offset);
    if (!got) return failed(got.error());
    *out = rocksdb::Slice(scratch, *got);
    return Status::OK();
  }

  class Sequential final : public rocksdb::FSSequentialFile {
   public:
    explicit Sequential(std::unique_ptr<File> file) : file_(std::move(file)) {}
    Status Read(size_t count, const Options&, rocksdb::Slice* out, char* scratch, Debug*) override {
      Status status = read(*file_, at_, count, out, scratch);
      if (status.ok()) at_ += out->size();
      return status;
    }
    Status Skip(uint64_t count) override {
      at_ += count;
      return Status::OK();
    }

   private:
    std::unique_ptr<File> file_;
    uint64_t at_ = 0;
  };
  class RandomAccess final : public rocksdb::FSRandomAccessFile {
   public:
    explicit RandomAccess(std::unique_ptr<File> file) : file_(std::move(file)) {}
    Status Read(uint64_t offset, size_t count, const Options&, rocksdb::Slice* out, char* scratch,
                Debug*) const override {
      return read(*file_, offset, count, out, scratch);
    }

   private:
    std::unique_ptr<File> file_;
  };
  class Writable final : public rocksdb::FSWritableFile {
   public:
    Writable(std::unique_ptr<File> file, uint64_t end, const std::string& path, std::shared_ptr<std::atomic<Stop>> stop)
        : file_(std::move(file)),
          end_(end),
          is_manifest_(path.find("/MANIFEST-") != path.npos),
          stop_(std::move(stop)) {}
    using FSWritableFile::Append;
    Status Append(const rocksdb::Slice& bytes, const Options&, Debug*) override {
      if (*stop_ == Stop::kStopped) return stopped();
      Status status = of(file_->pwrite(as_bytes({bytes.data(), bytes.size()}), end_));
      if (status.ok()) end_ += bytes.size();
      return status;
    }
    Status Truncate(uint64_t length, const Options&, Debug*) override { return of(file_->truncate(length)); }
    Status Close(const Options&, Debug*) override { return Status::OK(); }
    Status Flush(const Options&, Debug*) override { return Status::OK(); }
    Status Sync(const Options&, Debug*) override {
      Stop armed = Stop::kAtSyncOfManifest;
      if (is_manifest_) stop_->compare_exchange_strong(armed, Stop::kStopped);
      armed = Stop::kFailSyncOfManifest;
      if (is_manifest_ && stop_->compare_exchange_strong(armed, Stop::kNever)) return Status::IOError("sync");
      return *stop_ == Stop::kStopped ? stopped() : of(file_->sync());
    }
    uint64_t GetFileSize(const Options&, Debug*) override { return end_; }

   private:
    std::unique_ptr<File> file_;
    uint64_t end_;
    const bool is_manifest_;
    const std::shared_ptr<std::atomic<Stop>> stop_;
  };
  class Directory final : public rocksdb::FSDirectory {
   public:
    Directory(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
    Status Fsync(const Options&, Debug*) override { return of(disk_.sync_directory(path_)); }

   private:
    Disk& disk_;
    std::string path_;
  };
  class Lock final : public rocksdb::FileLock {
   public:
    explicit Lock(std::unique_ptr<File> held) : held_(std::move(held)) {}

   private:
    std::unique_ptr<File> held_;
  };

  class Silent final : public rocksdb::Logger {
   public:
    using Logger::Logv;
    void Logv(const char*, va_list) override {}
    size_t GetLogFileSize() const override { return 0; }
  };

  Disk& disk_;
  std::shared_ptr<std::atomic<Stop>> stop_ = std::make_shared<std::atomic<Stop>>(Stop::kNever);
};

}  // namespace dfs::namenode
