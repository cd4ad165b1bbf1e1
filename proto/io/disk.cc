#include "proto/io/disk.h"

#include <fmt/format.h>

namespace dfs {
namespace {

// A file that is read whole holds a few lines; one that does not is not what it is taken for.
constexpr uint64_t kWholeFileBytesMax = 16 << 20;

}  // namespace

Result<std::string> Disk::read_file(const std::string& path) {
  DFS_TRY(const std::unique_ptr<File> file, open(path, OpenMode::kRead));
  DFS_TRY(const uint64_t size, file->size());
  if (size > kWholeFileBytesMax) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("{} has {} bytes, more than expected", path, size));
  }
  std::string content(size, '\0');
  DFS_TRY(const size_t length, file->pread({reinterpret_cast<uint8_t*>(content.data()), content.size()}, 0));
  content.resize(length);
  return content;
}

Result<uint64_t> Disk::size_of(const std::string& path) {
  DFS_TRY(const std::unique_ptr<File> file, open(path, OpenMode::kRead));
  return file->size();
}

Result<void> Disk::write_file_atomically(const std::string& path, std::string_view content) {
  const std::string temporary = path + ".tmp";
  {
    DFS_TRY(const std::unique_ptr<File> file, open(temporary, OpenMode::kCreate));
    DFS_TRY_OK(file->truncate(0));
    DFS_TRY_OK(file->pwrite(as_bytes(content), 0));
    DFS_TRY_OK(file->sync());
  }
  DFS_TRY_OK(rename(temporary, path));
  const size_t slash = path.find_last_of('/');
  return sync_directory(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace dfs
