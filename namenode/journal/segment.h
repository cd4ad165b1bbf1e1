#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "namenode/journal/edit_codec.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

// A segment of the edit log as its file name tells it: edits_FIRST-LAST, or edits_inprogress_FIRST while it is written.
struct SegmentName {
  TransactionId first = kNoTransaction;
  std::optional<TransactionId> last{};  // nothing: in progress
  bool operator==(const SegmentName&) const = default;

  static std::optional<SegmentName> parse(std::string_view file_name);
  std::string to_string() const;
};

// Those in `directory`, by first transaction.
Result<std::vector<SegmentName>> list_segments(Disk& disk, const std::string& directory);

// Reads the edits of one segment in order. Errors name the file and the offset; the reader stays where it was.
// Not thread-safe.
class SegmentReader {
 public:
  static Result<std::unique_ptr<SegmentReader>> open(Disk& disk, const std::string& path);

  // The next op with its checksum verified, or nothing at the end: the end of the file, or the filling of a segment
  // that was never finished. The frame is valid until the next call.
  Result<std::optional<EditFrame>> next_frame();
  Result<std::optional<Edit>> next();

  // Requires: an op begins at `offset`.
  void skip_to(uint64_t offset) {
    buffer_.clear();
    buffer_at_ = offset;
    taken_ = 0;
  }
  // Where the next op begins.
  uint64_t offset() const { return buffer_at_ + taken_; }
  const std::string& path() const { return path_; }

 private:
  SegmentReader(std::unique_ptr<File> file, std::string path, uint64_t size)
      : file_(std::move(file)), path_(std::move(path)), size_(size) {}
  // Makes at least `length` bytes from offset() on available, fewer only at the end of the file.
  Result<ByteView> peek(size_t length);
  Error located(Error error) const;

  std::unique_ptr<File> file_;
  std::string path_;
  uint64_t size_;
  std::vector<uint8_t> buffer_;
  uint64_t buffer_at_ = 0;
  size_t taken_ = 0;
};

// How far the writer of a segment goes between two syncs, an op that alone is larger excepted. A power cut can damage
// no more than this at the end of the log.
inline constexpr size_t kUnsyncedBytesMax = 1 << 20;

// What there is in a segment that was in progress when its writer died.
struct SegmentScan {
  TransactionId last = kNoTransaction;  // of the last op that is whole; kNoTransaction if there is none
  uint64_t end = 0;                     // offset behind it
  // At most one of these; neither after a clean end.
  // A batch that was not yet synced when power went: the file ends within it, or sectors of it are still blank.
  std::optional<std::string> torn{};
  // Anything else that is no op, or not the transaction that belongs there: kCorruptFormat, names file, offset and
  // transaction.
  std::optional<Error> broken{};
};

// Checks every op of a segment that begins with transaction `first`. An error is one of reading.
Result<SegmentScan> scan_segment(Disk& disk, const std::string& path, TransactionId first);

}  // namespace dfs::namenode
