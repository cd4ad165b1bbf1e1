#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "proto/base/log.h"
#include "tools/fuse/attributes.h"
#include "tools/fuse/mounted.h"

// The operations of Mounted on open files.
namespace dfs::fuse {
namespace {

bool for_writing(int flags) {
  return (flags & O_ACCMODE) != O_RDONLY;
}

}  // namespace

int Mounted::create(const char* path, mode_t mode, fuse_file_info* info) {
  auto handle = create_file(path, mode);
  // Somebody else was faster: without O_EXCL that is an open.
  if (!handle && handle.error().code() == fs::ErrorCode::kAlreadyExists && (info->flags & O_EXCL) == 0) {
    handle = open_file(path, info->flags);
  }
  if (!handle) return answer("create", path, std::unexpected(handle.error()));
  info->fh = reinterpret_cast<uint64_t>(handle->release());
  return 0;
}

fs::Result<std::unique_ptr<Mounted::Handle>> Mounted::create_file(const char* path, mode_t mode) {
  auto full = path_of(path);
  if (!full) return std::unexpected(std::move(full).error());
  if (auto writable = check_writable(*full); !writable) return std::unexpected(std::move(writable).error());
  auto file_system = caller();
  if (!file_system) return std::unexpected(std::move(file_system).error());
  fs::CreateOptions options;
  options.create_parents = false;
  options.permission = uint16_t(mode & 01777);
  auto stream = file_system->create(*full, options);
  if (!stream) return std::unexpected(std::move(stream).error());
  auto status = file_system->status(*full);
  if (!status) {
    stream->abandon();
    return std::unexpected(std::move(status).error());
  }
  auto handle = std::make_unique<Handle>(*file_system);
  handle->writer = writers_.created(fuse_get_context()->uid, *file_system, *status, *std::move(stream));
  return handle;
}

int Mounted::open(const char* path, fuse_file_info* info) {
  auto handle = open_file(path, info->flags);
  if (!handle) return answer("open", path, std::unexpected(handle.error()));
  info->fh = reinterpret_cast<uint64_t>(handle->release());
  return 0;
}

fs::Result<std::unique_ptr<Mounted::Handle>> Mounted::open_file(const char* path, int flags) {
  auto full = path_of(path);
  if (!full) return std::unexpected(std::move(full).error());
  auto file_system = caller();
  if (!file_system) return std::unexpected(std::move(file_system).error());
  if (for_writing(flags) || (flags & O_TRUNC) != 0) return open_for_writing(*std::move(file_system), *full, flags);

  auto handle = std::make_unique<Handle>(*std::move(file_system));
  if (auto opened = open_reader(*handle, *full); !opened) return std::unexpected(std::move(opened).error());
  return handle;
}

fs::Result<std::unique_ptr<Mounted::Handle>> Mounted::open_for_writing(fs::FileSystem file_system,
                                                                       const std::string& path, int flags) {
  if (auto writable = check_writable(path); !writable) return std::unexpected(std::move(writable).error());
  auto status = file_system.status(path);
  if (!status) return std::unexpected(std::move(status).error());
  if (status->is_directory()) {
    return std::unexpected(fs::Error(fs::ErrorCode::kIsDirectory, EISDIR, "java.io.IOException", path));
  }
  // Another user's handle that has nothing to write keeps the lease until it is closed; it takes it again if it does.
  auto writer = writers_.of(fuse_get_context()->uid, file_system, *status);
  for (const auto& other : writers_.writing(status->inode)) {
    if (other != writer && !other->unflushed()) {
      if (auto completed = other->complete(path); !completed) return std::unexpected(std::move(completed).error());
    }
  }
  if ((flags & O_TRUNC) != 0) {
    if (auto truncated = writer->truncate(path, 0); !truncated) return std::unexpected(std::move(truncated).error());
  }
  // A program that opens for both may only read, which must not take the lease.
  if ((flags & O_ACCMODE) == O_WRONLY || (flags & (O_TRUNC | O_APPEND)) != 0) {
    if (auto opened = writer->open(path); !opened) return std::unexpected(std::move(opened).error());
  }
  auto handle = std::make_unique<Handle>(std::move(file_system));
  handle->writer = std::move(writer);
  return handle;
}

// A writer that cannot flush reports that to its own program.
fs::Result<void> Mounted::open_reader(Handle& handle, const std::string& path) {
  if (path.empty()) {
    return std::unexpected(
        fs::Error(fs::ErrorCode::kNotFound, ENOENT, "java.io.FileNotFoundException", "the file has been removed"));
  }
  for (const auto& writer : writers_at(handle.file_system, path)) {
    if (auto flushed = writer->flush(); !flushed) log::warn("flush {}: {}", path, flushed.error().message());
  }
  auto shown = shown_.opened(path);
  auto file = handle.file_system.open(path);
  if (!file) return std::unexpected(std::move(file).error());
  handle.reader = std::make_unique<ReadWindow<>>(*std::move(file));
  handle.shown = std::move(shown);
  return {};
}

int Mounted::read(const char* path, char* to, size_t size, off_t offset, fuse_file_info* info) {
  auto full = path_of(path);
  auto count =
      read_file(*reinterpret_cast<Handle*>(info->fh), full.value_or(std::string()), to, size, uint64_t(offset));
  if (!count) return answer("read", path, std::unexpected(count.error()));
  return int(*count);
}

fs::Result<size_t> Mounted::read_file(Handle& handle, const std::string& path, char* to, size_t size, uint64_t offset) {
  {
    std::lock_guard lock(handle.mutex);
    if (!handle.reader) {
      if (auto opened = open_reader(handle, path); !opened) return std::unexpected(std::move(opened).error());
    }
  }
  if (offset + size > handle.reader->length() && !path.empty()) {
    if (auto caught_up = catch_up(handle, path); !caught_up) return std::unexpected(std::move(caught_up).error());
  }
  return handle.reader->read(offset, to, size);
}

// Finds out what has been appended since the file was opened, here or elsewhere.
fs::Result<void> Mounted::catch_up(Handle& handle, const std::string& path) {
  bool written_here = false;
  for (const auto& writer : writers_at(handle.file_system, path)) {
    if (auto flushed = writer->flush(); !flushed) return flushed;
    written_here = true;
  }
  if (!written_here && *handle.shown <= handle.reader->length()) return {};
  return handle.reader->refresh();
}

int Mounted::write(const char* path, const char* from, size_t size, off_t offset, fuse_file_info* info) {
  auto& handle = *reinterpret_cast<Handle*>(info->fh);
  auto put = [&]() -> fs::Result<void> {
    auto full = path_of(path);
    auto at = (info->flags & O_APPEND) != 0 ? Writer::At::kEnd : Writer::At::kOffset;
    return handle.writer->write(full.value_or(std::string()), at, uint64_t(offset), {from, size});
  };
  int result = answer("write", path, put());
  return result == 0 ? int(size) : result;
}

int Mounted::flush(const char* path, fuse_file_info* info) {
  auto& handle = *reinterpret_cast<Handle*>(info->fh);
  if (!handle.writer) return 0;
  auto full = path_of(path);
  return answer("close", path, handle.writer->complete_written(full.value_or(std::string())));
}

int Mounted::fsync(fuse_file_info* info) {
  auto& handle = *reinterpret_cast<Handle*>(info->fh);
  if (!handle.writer) return 0;
  return answer("fsync", "", handle.writer->sync());
}

// The kernel discards this answer, so whatever matters was said by flush; what may be left is a file in which nothing
// was written. If another handle is still open, its next write takes the lease again.
int Mounted::release(const char* path, fuse_file_info* info) {
  std::unique_ptr<Handle> handle(reinterpret_cast<Handle*>(info->fh));
  if (!handle->writer) return 0;
  auto full = path_of(path);
  return answer("close", path, handle->writer->complete(full.value_or(std::string())));
}

}  // namespace dfs::fuse
