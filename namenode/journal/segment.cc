#include "namenode/journal/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace dfs::namenode {
namespace {

constexpr size_t kBufferBytes = 1 << 20;
constexpr size_t kSectorBytes = 512;
// The op code and the length.
constexpr size_t kHeadBytes = 5;
// An op that lacks its last so many bytes was cut short: a checksum that is all fill does not happen by chance.
constexpr uint64_t kMissingBytesMin = 4;

std::optional<TransactionId> parse_id(std::string_view digits) {
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return TransactionId(id);
}

bool all_of(ByteView bytes, uint8_t value) {
  return std::all_of(bytes.begin(), bytes.end(), [&](uint8_t byte) { return byte == value; });
}

// Never written: as preallocation filled it, or as the file system gives what it lost.
bool is_blank(ByteView bytes) {
  return all_of(bytes, kOpInvalid) || all_of(bytes, 0);
}

Result<std::string> read_range(Disk& disk, const std::string& path, uint64_t begin, uint64_t end) {
  DFS_TRY(const std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kRead));
  std::string bytes(end - begin, '\0');
  DFS_TRY(const size_t length, file->pread({reinterpret_cast<uint8_t*>(bytes.data()), bytes.size()}, begin));
  bytes.resize(length);
  return bytes;
}

// Where the first sector begins that was not written at all, in the bytes of a segment from `offset` on; bytes.size()
// if there is none. The first sector may hold the end of the op before: from our offset on it must be blank, and as a
// few zeros are the beginning of an OP_ADD, they must be more than any op begins with.
size_t first_blank_sector(ByteView bytes, uint64_t offset) {
  const size_t first_piece = std::min<size_t>(bytes.size(), kSectorBytes - offset % kSectorBytes);
  if (all_of(bytes.first(first_piece), kOpInvalid)) return 0;
  if (first_piece >= kOpBytesMin && is_blank(bytes.first(first_piece))) return 0;
  for (size_t sector = first_piece; sector < bytes.size(); sector += kSectorBytes) {
    if (is_blank(bytes.subspan(sector, std::min(kSectorBytes, bytes.size() - sector)))) return sector;
  }
  return bytes.size();
}

bool is_op_of(ByteView bytes, TransactionId id) {
  auto frame = decode_frame(bytes);
  return frame && frame->id == id;
}

// Whether the broken op `id` that `bytes` begin with was whole once, so that its batch had been written to the end:
// the next op follows before anything blank, or one flipped bit in its length makes it whole again. (A length that is
// wrong makes the op reach into the blank end of the segment, as if it had been cut off there.)
bool was_whole(ByteView bytes, size_t written, TransactionId id) {
  for (size_t at = 1; at + kOpBytesMin <= written; ++at) {
    const bool candidate = load_big_endian<uint64_t>(bytes.data() + at + kHeadBytes) == raw(id) + 1;
    if (candidate && is_op_of(bytes.subspan(at), dfs::next(id))) return true;
  }
  if (bytes.size() < kOpBytesMin || bytes[0] == kOpInvalid) return false;
  for (int bit = 0; bit < 32; ++bit) {
    std::vector<uint8_t> mended(bytes.begin(), bytes.begin() + kHeadBytes);
    store_big_endian(mended.data() + 1, load_big_endian<uint32_t>(bytes.data() + 1) ^ uint32_t{1} << bit);
    const auto size = edit_size(mended);
    if (!size || *size > bytes.size()) continue;
    mended.insert(mended.end(), bytes.begin() + kHeadBytes, bytes.begin() + long(*size));
    if (is_op_of(mended, id)) return true;
  }
  return false;
}

// Whether the op `id` that is broken at `offset`, or what is there instead of one, is the rest of a batch that was
// never synced. Evidence is what a power cut leaves: the file ends within it, a sector of it was not written at all, or
// it stops at some byte behind which there is nothing. Without evidence it is damage.
Result<bool> is_torn(Disk& disk, const std::string& path, uint64_t offset, uint64_t size, TransactionId id) {
  DFS_TRY(const std::string head, read_range(disk, path, offset, std::min<uint64_t>(size, offset + kHeadBytes)));
  if (head.size() < kHeadBytes) return true;
  const bool is_fill = uint8_t(head[0]) == kOpInvalid;
  const auto stated = is_fill ? Result<size_t>(kHeadBytes) : edit_size(as_bytes(head));
  const uint64_t op_bytes = stated ? *stated : kHeadBytes;
  // What lies behind the largest unsynced batch was written after this op had been synced.
  const uint64_t batch_end = std::min<uint64_t>(size, offset + std::max<uint64_t>(kUnsyncedBytesMax, op_bytes));
  for (uint64_t at = batch_end; at < size; at += kBufferBytes) {
    DFS_TRY(const std::string rest, read_range(disk, path, at, std::min(size, at + kBufferBytes)));
    if (!is_blank(as_bytes(rest))) return false;
  }
  DFS_TRY(const std::string batch, read_range(disk, path, offset, batch_end));
  const ByteView bytes = as_bytes(batch);
  const size_t blank = first_blank_sector(bytes, offset);
  if (was_whole(bytes, blank, id)) return false;
  if (blank < op_bytes || op_bytes > bytes.size()) return true;
  if (is_fill || !stated) return false;
  const auto last_written = std::find_if(bytes.rbegin(), bytes.rend(), [](uint8_t byte) { return byte != kOpInvalid; });
  return size_t(bytes.rend() - last_written) + kMissingBytesMin <= op_bytes;
}

}  // namespace

std::optional<SegmentName> SegmentName::parse(std::string_view file_name) {
  constexpr std::string_view kInProgress = "edits_inprogress_";
  constexpr std::string_view kFinalized = "edits_";
  if (file_name.starts_with(kInProgress)) {
    if (auto first = parse_id(file_name.substr(kInProgress.size()))) return SegmentName{.first = *first};
    return std::nullopt;
  }
  if (!file_name.starts_with(kFinalized)) return std::nullopt;
  file_name.remove_prefix(kFinalized.size());
  const size_t dash = file_name.find('-');
  if (dash == file_name.npos) return std::nullopt;
  const auto first = parse_id(file_name.substr(0, dash));
  const auto last = parse_id(file_name.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return SegmentName{.first = *first, .last = *last};
}

std::string SegmentName::to_string() const {
  return last ? fmt::format("edits_{:019}-{:019}", raw(first), raw(*last))
              : fmt::format("edits_inprogress_{:019}", raw(first));
}

Result<std::vector<SegmentName>> list_segments(Disk& disk, const std::string& directory) {
  DFS_TRY(const std::vector<DirectoryEntry> entries, disk.list(directory));
  std::vector<SegmentName> segments;
  for (const DirectoryEntry& entry : entries) {
    if (auto name = SegmentName::parse(entry.name)) segments.push_back(*name);
  }
  std::ranges::sort(segments, {}, [](const SegmentName& name) { return std::pair(name.first, name.last); });
  return segments;
}

Result<std::unique_ptr<SegmentReader>> SegmentReader::open(Disk& disk, const std::string& path) {
  DFS_TRY(std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kRead));
  DFS_TRY(const uint64_t size, file->size());
  std::unique_ptr<SegmentReader> reader(new SegmentReader(std::move(file), path, size));
  DFS_TRY(const ByteView header, reader->peek(kSegmentHeaderBytes));
  if (auto checked = check_segment_header(header.first(std::min(header.size(), kSegmentHeaderBytes))); !checked) {
    return fail(checked.error().code(), fmt::format("{} {}", path, checked.error().message()));
  }
  reader->taken_ = kSegmentHeaderBytes;
  return reader;
}

Error SegmentReader::located(Error error) const {
  return std::move(error).within(fmt::format("{} at offset {}", path_, offset()));
}

Result<ByteView> SegmentReader::peek(size_t length) {
  if (buffer_.size() - taken_ < length) {
    const uint64_t from = offset();
    const uint64_t wanted = std::min<uint64_t>(std::max(length, kBufferBytes), size_ - std::min(size_, from));
    std::vector<uint8_t> buffer(wanted);
    DFS_TRY(const size_t read, file_->pread(buffer, from));
    buffer.resize(read);
    buffer_ = std::move(buffer);
    buffer_at_ = from;
    taken_ = 0;
  }
  return ByteView(buffer_).subspan(taken_);
}

Result<std::optional<EditFrame>> SegmentReader::next_frame() {
  DFS_TRY(ByteView bytes, peek(kOpBytesMin));
  if (bytes.empty()) return std::optional<EditFrame>();
  if (bytes[0] == kOpInvalid) {
    // Behind the last op there is only fill. FSEditLogOp's reader takes zeros as well.
    const uint64_t end = offset();
    for (uint64_t at = end; at < size_; at += kBufferBytes) {
      std::vector<uint8_t> rest(std::min<uint64_t>(kBufferBytes, size_ - at));
      DFS_TRY(const size_t read, file_->pread(rest, at));
      const bool fill = std::all_of(rest.begin(), rest.begin() + long(read),
                                    [](uint8_t byte) { return byte == kOpInvalid || byte == 0; });
      if (!fill) return fail(located(Error(ErrorCode::kCorruptFormat, "bytes follow the end of the segment")));
    }
    return std::optional<EditFrame>();
  }
  if (bytes.size() >= kHeadBytes) {
    auto size = edit_size(bytes);
    if (!size) return fail(located(std::move(size).error()));
    DFS_TRY(bytes, peek(*size));
  }
  auto frame = decode_frame(bytes);
  if (!frame) return fail(located(std::move(frame).error()));
  taken_ += frame->bytes;
  return std::optional<EditFrame>(*frame);
}

Result<std::optional<Edit>> SegmentReader::next() {
  DFS_TRY(const std::optional<EditFrame> frame, next_frame());
  if (!frame) return std::optional<Edit>();
  auto edit = decode_edit(*frame);
  if (edit) return std::optional<Edit>(*std::move(edit));
  taken_ -= frame->bytes;
  return fail(located(std::move(edit).error()));
}

Result<SegmentScan> scan_segment(Disk& disk, const std::string& path, TransactionId first) {
  SegmentScan scan;
  uint64_t size = 0;
  {
    DFS_TRY(const std::unique_ptr<File> file, disk.open(path, Disk::OpenMode::kRead));
    DFS_TRY(size, file->size());
  }
  auto opened = SegmentReader::open(disk, path);
  if (!opened) {
    if (opened.error().code() != ErrorCode::kCorruptFormat) return std::unexpected(std::move(opened).error());
    DFS_TRY(const std::string head, read_range(disk, path, 0, std::min<uint64_t>(size, kSectorBytes)));
    if (size < kSegmentHeaderBytes || is_blank(as_bytes(head))) {
      scan.torn = opened.error().message();
    } else {
      scan.broken = std::move(opened).error();
    }
    return scan;
  }
  SegmentReader& reader = **opened;
  TransactionId expected = first;
  while (true) {
    scan.end = reader.offset();
    auto frame = reader.next_frame();
    if (!frame) {
      if (frame.error().code() != ErrorCode::kEof && frame.error().code() != ErrorCode::kCorruptFormat) {
        return std::unexpected(std::move(frame).error());
      }
      DFS_TRY(const bool torn, is_torn(disk, path, scan.end, size, expected));
      if (torn) {
        scan.torn = frame.error().message();
      } else {
        scan.broken = Error(ErrorCode::kCorruptFormat,
                            fmt::format("{}; transaction {} belongs there", frame.error().message(), raw(expected)));
      }
      return scan;
    }
    if (!*frame) return scan;
    if ((*frame)->id != expected) {
      scan.broken = Error(ErrorCode::kCorruptFormat, fmt::format("{} at offset {}: transaction {} where {} belongs",
                                                                 path, scan.end, raw((*frame)->id), raw(expected)));
      return scan;
    }
    scan.last = expected;
    expected = dfs::next(expected);
  }
}

}  // namespace dfs::namenode
