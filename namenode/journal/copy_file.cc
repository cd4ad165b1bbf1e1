#include "namenode/journal/copy_file.h"

#include <vector>

namespace dfs::namenode {

Result<void> copy_file(Disk& disk, const std::string& from, const std::string& to) {
  constexpr size_t kCopyBytes = 1 << 20;
  const std::string temporary = to + ".tmp";
  DFS_TRY(const std::unique_ptr<File> source, disk.open(from, Disk::OpenMode::kRead));
  DFS_TRY(const std::unique_ptr<File> target, disk.open(temporary, Disk::OpenMode::kCreate));
  DFS_TRY_OK(target->truncate(0));
  std::vector<uint8_t> buffer(kCopyBytes);
  for (uint64_t offset = 0;; offset += buffer.size()) {
    DFS_TRY(const size_t read, source->pread(buffer, offset));
    DFS_TRY_OK(target->pwrite(ByteView(buffer).first(read), offset));
    if (read < buffer.size()) break;
  }
  DFS_TRY_OK(target->sync());
  return disk.rename(temporary, to);
}

}  // namespace dfs::namenode
