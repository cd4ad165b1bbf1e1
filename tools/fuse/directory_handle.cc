#include "tools/fuse/directory_handle.h"

#include <algorithm>
#include <utility>

#include "tools/fuse/attributes.h"

namespace dfs::fuse {
namespace {

constexpr off_t kFirstEntry = 2;  // after "." and ".."

}  // namespace

fs::Result<void> DirectoryHandle::read(off_t offset, void* buffer, fuse_fill_dir_t fill, Accounts& accounts,
                                       const Observe& observe) {
  std::lock_guard lock(mutex_);
  if (offset != next_) {
    if (auto sought = seek(offset); !sought) return sought;
  }
  for (; next_ < kFirstEntry; ++next_) {
    if (fill(buffer, next_ == 0 ? "." : "..", nullptr, next_ + 1, fuse_fill_dir_flags(0)) != 0) return {};
  }
  for (;; ++next_) {
    if (!pending_) {
      auto entry = listing_.next();
      if (!entry) return std::unexpected(std::move(entry).error());
      pending_ = *std::move(entry);
    }
    if (!pending_) return {};
    observe(*pending_);
    struct stat attributes = stat_of(*pending_, accounts);
    if (fill(buffer, pending_->name().c_str(), &attributes, next_ + 1, FUSE_FILL_DIR_PLUS) != 0) return {};
    pending_.reset();
  }
}

// A position is a count of entries, so one that is not the next is found by counting again from the start.
fs::Result<void> DirectoryHandle::seek(off_t offset) {
  if (offset < next_ || offset < kFirstEntry) {
    auto listing = file_system_.list(path_);
    if (!listing) return std::unexpected(std::move(listing).error());
    listing_ = *std::move(listing);
    pending_.reset();
    next_ = std::min(offset, kFirstEntry);
  }
  for (; next_ < offset; ++next_) {
    if (pending_) {
      pending_.reset();
      continue;
    }
    auto entry = listing_.next();
    if (!entry) return std::unexpected(std::move(entry).error());
    if (!*entry) break;
  }
  next_ = offset;
  return {};
}

}  // namespace dfs::fuse
