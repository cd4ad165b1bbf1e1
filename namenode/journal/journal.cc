#include "namenode/journal/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "namenode/journal/copy_file.h"
#include "proto/base/check.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

// How much a segment grows ahead of its edits, so that most syncs find the file's size unchanged.
constexpr size_t kPreallocatedBytes = 1 << 20;

std::string current_of(const std::string& root) {
  return root + "/current";
}

Result<TransactionId> read_seen(Disk& disk, const std::string& current) {
  const std::string path = current + "/seen_txid";
  DFS_TRY(const std::string text, disk.read_file(path));
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() ||
      std::string_view(end, text.data() + text.size()).find_first_not_of(" \r\n") != text.npos) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("{} holds \"{}\", which is no transaction id", path, text));
  }
  return TransactionId(id);
}

Result<void> write_seen(Disk& disk, const std::string& current, TransactionId id) {
  return disk.write_file_atomically(current + "/seen_txid", fmt::format("{}\n", raw(id)));
}

Result<StorageVersion> read_version(Disk& disk, const std::string& root) {
  const std::string path = current_of(root) + "/VERSION";
  DFS_TRY(const std::string text, disk.read_file(path));
  auto version = StorageVersion::parse(text);
  if (!version) return fail(version.error().code(), fmt::format("{} {}", path, version.error().message()));
  return version;
}

// Whether there is a namespace in `root`; kCorruptFormat if there is something else.
Result<bool> holds_namespace(Disk& disk, const std::string& root) {
  DFS_TRY(const bool there, disk.exists(root));
  if (!there) return false;
  DFS_TRY(const bool formatted, disk.exists(current_of(root) + "/VERSION"));
  if (formatted) return true;
  DFS_TRY(const std::vector<DirectoryEntry> entries, disk.list(root));
  for (const DirectoryEntry& entry : entries) {
    // `current` without a VERSION is what a format that was interrupted leaves.
    if (entry.name == "lost+found" || entry.name == "in_use.lock" || entry.name == "current") continue;
    return fail(ErrorCode::kIllegalState,
                fmt::format("{} holds {} but no current/VERSION: it is not a NameNode's. Give an empty directory", root,
                            entry.name));
  }
  return false;
}

// Puts what follows `offset` in the segment, without the fill at its end, into a file beside it.
Result<void> keep_aside(Disk& disk, const std::string& path, uint64_t offset, const std::string& kept) {
  DFS_TRY(const std::string content, disk.read_file(path));
  std::string_view rest = std::string_view(content).substr(std::min<size_t>(offset, content.size()));
  while (!rest.empty() && uint8_t(rest.back()) == kOpInvalid) rest.remove_suffix(1);
  return disk.write_file_atomically(kept, rest);
}

}  // namespace

struct Journal::Directory {
  std::string root;
  std::unique_ptr<File> lock{};
  std::unique_ptr<File> segment{};
  uint64_t end = 0;
  uint64_t allocated = 0;

  std::string current() const { return current_of(root); }
  std::string path_of(const SegmentName& name) const { return current() + "/" + name.to_string(); }
};

// A segment in progress, as recovery finds it.
struct Journal::Found {
  Directory* directory;
  SegmentName name;
  SegmentScan scan;
};

Journal::Journal(Disk& disk, JournalSettings settings) : disk_(disk), settings_(std::move(settings)) {}
Journal::~Journal() = default;

std::vector<std::string> Journal::directories_in_use() const {
  std::vector<std::string> roots;
  for (const auto& directory : directories_) roots.push_back(directory->root);
  return roots;
}

Result<bool> Journal::is_formatted(Disk& disk, const JournalSettings& settings) {
  bool formatted = false;
  for (const std::string& root : settings.directories) {
    DFS_TRY(const bool here, holds_namespace(disk, root));
    formatted = formatted || here;
  }
  return formatted;
}

Result<void> Journal::format(Disk& disk, const JournalSettings& settings, const StorageVersion& version,
                             Existing existing) {
  if (settings.directories.empty()) return fail(ErrorCode::kConfiguration, "no directory for the edit log is given");
  for (const std::string& root : settings.directories) {
    DFS_TRY(const bool formatted, holds_namespace(disk, root));
    if (formatted && existing == Existing::kRefuse) {
      return fail(ErrorCode::kIllegalState, fmt::format("{} is formatted already", root));
    }
  }
  for (const std::string& root : settings.directories) {
    DFS_TRY_OK(disk.make_directories(root, 0700));
    DFS_TRY(const std::unique_ptr<File> lock, disk.lock(root + "/in_use.lock"));
    const std::string current = current_of(root);
    DFS_TRY_OK(disk.remove_tree(current));
    DFS_TRY_OK(disk.make_directories(current, 0700));
    DFS_TRY_OK(write_seen(disk, current, kNoTransaction));
    DFS_TRY_OK(disk.sync_directory(root));
    const size_t slash = root.find_last_of('/');
    DFS_TRY_OK(disk.sync_directory(slash == 0 || slash == root.npos ? "/" : root.substr(0, slash)));
    // The last file: with it the directory is formatted.
    DFS_TRY_OK(disk.write_file_atomically(current + "/VERSION", version.to_text()));
  }
  return {};
}

Result<std::unique_ptr<Journal>> Journal::open(Disk& disk, JournalSettings settings) {
  if (settings.directories.empty()) return fail(ErrorCode::kConfiguration, "no directory for the edit log is given");
  std::unique_ptr<Journal> journal(new Journal(disk, std::move(settings)));
  journal->synced_ = journal->settings_.begins_after;
  DFS_TRY_OK(journal->lock_and_identify());
  DFS_TRY_OK(journal->recover());
  DFS_TRY_OK(journal->copy_missing_segments());
  DFS_TRY_OK(journal->check_seen());
  journal->appended_ = journal->synced_;
  return journal;
}

Result<void> Journal::lock_and_identify() {
  for (const std::string& root : settings_.directories) {
    DFS_TRY(const bool formatted, holds_namespace(disk_, root));
    if (!formatted) {
      return fail(ErrorCode::kIllegalState,
                  fmt::format("{} is not formatted. Format the NameNode, or take the directory out of "
                              "dfs.namenode.edits.dir to start without it",
                              root));
    }
    auto directory = std::make_unique<Directory>(Directory{.root = root});
    DFS_TRY(directory->lock, disk_.lock(root + "/in_use.lock"));
    DFS_TRY(StorageVersion version, read_version(disk_, root));
    if (directories_.empty()) {
      version_ = std::move(version);
    } else if (version != version_) {
      return fail(ErrorCode::kIllegalState,
                  fmt::format("{} is of cluster {}, block pool {}, but {} is of cluster {}, block pool {}", root,
                              version.cluster_id, version.block_pool_id, directories_.front()->root,
                              version_.cluster_id, version_.block_pool_id));
    }
    directories_.push_back(std::move(directory));
  }
  return {};
}

Result<void> Journal::recover() {
  std::vector<Found> found;
  for (const auto& directory : directories_) {
    DFS_TRY(const std::vector<SegmentName> segments, list_segments(disk_, directory->current()));
    for (const SegmentName& name : segments) {
      if (name.last) {
        synced_ = std::max(synced_, *name.last);
        continue;
      }
      DFS_TRY(SegmentScan scan, scan_segment(disk_, directory->path_of(name), name.first));
      found.push_back({.directory = directory.get(), .name = name, .scan = std::move(scan)});
    }
  }
  for (const auto& directory : directories_) DFS_TRY_OK(finalize_or_set_aside(*directory, found));
  return {};
}

Result<void> Journal::finalize_or_set_aside(Directory& directory, std::vector<Found>& found) {
  // How far another directory's copy of the same segment reaches.
  const auto reach_elsewhere = [&](const Found& copy) -> Result<TransactionId> {
    TransactionId reach = kNoTransaction;
    for (const Found& other : found) {
      if (other.name == copy.name && other.directory != copy.directory && !other.scan.broken) {
        reach = std::max(reach, other.scan.last);
      }
    }
    for (const auto& other : directories_) {
      DFS_TRY(const std::vector<SegmentName> segments, list_segments(disk_, other->current()));
      for (const SegmentName& name : segments) {
        if (name.first == copy.name.first && name.last) reach = std::max(reach, *name.last);
      }
    }
    return reach;
  };

  for (Found& copy : found) {
    if (copy.directory != &directory) continue;
    const std::string path = directory.path_of(copy.name);
    DFS_TRY(const TransactionId elsewhere, reach_elsewhere(copy));
    const char* suffix = nullptr;
    if (copy.scan.broken) {
      // Only a copy that has what is broken here can stand in.
      if (elsewhere <= copy.scan.last) return fail(*copy.scan.broken);
      log::error("{}. Another directory's copy is used, this one is kept as {}.corrupt", copy.scan.broken->message(),
                 path);
      suffix = ".corrupt";
    } else if (copy.scan.last == kNoTransaction) {
      suffix = ".empty";
    } else if (elsewhere > copy.scan.last) {
      log::warn("{} ends at transaction {}, another directory's copy at {}; this one is kept as {}.stale", path,
                raw(copy.scan.last), raw(elsewhere), path);
      suffix = ".stale";
    }
    if (suffix) {
      DFS_TRY_OK(disk_.rename(path, path + suffix));
      DFS_TRY_OK(disk_.sync_directory(directory.current()));
      continue;
    }
    if (copy.scan.torn) {
      const std::string kept = path + ".torn";
      log::warn(
          "{} is cut at offset {} behind transaction {}, where it was being written when its NameNode died: {}. What "
          "follows is kept in {}",
          path, copy.scan.end, raw(copy.scan.last), *copy.scan.torn, kept);
      DFS_TRY_OK(keep_aside(disk_, path, copy.scan.end, kept));
    }
    {
      DFS_TRY(const std::unique_ptr<File> file, disk_.open(path, Disk::OpenMode::kReadWrite));
      DFS_TRY_OK(file->truncate(copy.scan.end));
      DFS_TRY_OK(file->sync());
    }
    const SegmentName finalized{.first = copy.name.first, .last = copy.scan.last};
    DFS_TRY_OK(disk_.rename(path, directory.path_of(finalized)));
    DFS_TRY_OK(disk_.sync_directory(directory.current()));
    synced_ = std::max(synced_, copy.scan.last);
  }
  return {};
}

Result<void> Journal::copy_missing_segments() {
  if (directories_.size() < 2) return {};
  std::vector<std::vector<SegmentName>> there;
  for (const auto& directory : directories_) {
    DFS_TRY(std::vector<SegmentName> segments, list_segments(disk_, directory->current()));
    there.push_back(std::move(segments));
  }
  for (size_t from = 0; from < directories_.size(); ++from) {
    for (const SegmentName& name : there[from]) {
      for (size_t to = 0; to < directories_.size(); ++to) {
        if (std::ranges::find(there[to], name) != there[to].end()) continue;
        log::info("{} gets {} from {}", directories_[to]->root, name.to_string(), directories_[from]->root);
        DFS_TRY_OK(copy_file(disk_, directories_[from]->path_of(name), directories_[to]->path_of(name)));
        DFS_TRY_OK(disk_.sync_directory(directories_[to]->current()));
        there[to].push_back(name);
      }
    }
  }
  return {};
}

Result<void> Journal::check_seen() {
  for (const auto& directory : directories_) {
    DFS_TRY(const TransactionId seen, read_seen(disk_, directory->current()));
    if (raw(seen) > raw(synced_) + 1) {
      return fail(ErrorCode::kIllegalState,
                  fmt::format("the edit log ends at transaction {}, but {}/seen_txid says that a segment began at {}: "
                              "edits are missing",
                              raw(synced_), directory->current(), raw(seen)));
    }
  }
  return {};
}

Result<bool> Journal::holds(TransactionId id) const {
  for (const auto& directory : directories_) {
    DFS_TRY(const std::vector<SegmentName> segments, list_segments(disk_, directory->current()));
    for (const SegmentName& name : segments) {
      if (name.first <= id && name.last && *name.last >= id) return true;
    }
  }
  return false;
}

Result<void> Journal::replay(TransactionId from, const std::function<Result<void>(const Edit&)>& apply) {
  DFS_CHECK(!segment_first_);
  TransactionId next = from;
  while (next <= synced_) {
    const TransactionId before = next;
    std::optional<Error> broken;
    for (const auto& directory : directories_) {
      DFS_TRY(const std::vector<SegmentName> segments, list_segments(disk_, directory->current()));
      for (const SegmentName& name : segments) {
        if (!name.last || name.first > next || *name.last < next) continue;
        bool apply_failed = false;
        auto replayed = replay_segment(directory->path_of(name), *name.last, next, apply, apply_failed);
        if (replayed) continue;
        if (apply_failed) return replayed;
        log::error("{}", replayed.error().message());
        if (!broken) broken = std::move(replayed).error();
      }
    }
    if (next > before) continue;
    if (broken) return fail(*std::move(broken));
    return fail(ErrorCode::kIllegalState,
                fmt::format("transaction {} is in no segment of the edit log in {} (it ends at {})", raw(next),
                            directories_.front()->current(), raw(synced_)));
  }
  return {};
}

Result<void> Journal::replay_segment(const std::string& path, TransactionId last_in_segment, TransactionId& next,
                                     const std::function<Result<void>(const Edit&)>& apply, bool& apply_failed) {
  DFS_TRY(const std::unique_ptr<SegmentReader> reader, SegmentReader::open(disk_, path));
  while (next <= last_in_segment) {
    const uint64_t offset = reader->offset();
    const Result<std::optional<EditFrame>> read = reader->next_frame();
    if (!read) {
      return fail(read.error().code(),
                  fmt::format("{}; transaction {} belongs there", read.error().message(), raw(next)));
    }
    const std::optional<EditFrame>& frame = *read;
    if (!frame) {
      return fail(
          ErrorCode::kCorruptFormat,
          fmt::format("{} ends at offset {} before transaction {}, which it should hold", path, offset, raw(next)));
    }
    if (frame->id < next) continue;
    if (frame->id > next) {
      return fail(ErrorCode::kCorruptFormat, fmt::format("{} at offset {}: transaction {} where {} belongs", path,
                                                         offset, raw(frame->id), raw(next)));
    }
    auto edit = decode_edit(*frame);
    if (!edit) {
      return fail(
          std::move(edit).error().within(fmt::format("{} at offset {}: transaction {}", path, offset, raw(next))));
    }
    if (auto applied = apply(*edit); !applied) {
      apply_failed = true;
      return applied;
    }
    next = dfs::next(next);
  }
  return {};
}

Result<void> Journal::check_usable() const {
  if (failure_) return fail(*failure_);
  return {};
}

template <class Step>
Result<void> Journal::everywhere(Step step) {
  DFS_TRY_OK(check_usable());
  std::optional<Error> first;
  std::erase_if(directories_, [&](std::unique_ptr<Directory>& directory) {
    Result<void> done = step(*directory);
    if (done) return false;
    log::error("the edit log goes on without {} until the next start: {}", directory->root, done.error().message());
    if (!first) first = std::move(done).error();
    return true;
  });
  if (directories_.size() >= std::max<size_t>(1, settings_.directories_minimum)) return {};
  if (!first) first = Error(ErrorCode::kConfiguration, "fewer directories than dfs.namenode.edits.dir.minimum");
  failure_ = std::move(*first).within("the edit log has failed, restart the NameNode when its disk is well");
  return fail(*failure_);
}

Result<void> Journal::start_segment() {
  DFS_CHECK(!segment_first_);
  const TransactionId first = dfs::next(synced_);
  std::string beginning = encode_segment_header();
  store_big_endian(beginning.data(), version_.layout_version);
  DFS_TRY_OK(encode_edit({.id = first, .record = StartLogSegmentOp{}}, beginning));
  DFS_TRY_OK(everywhere([&](Directory& directory) -> Result<void> {
    DFS_TRY(directory.segment, disk_.open(directory.path_of({.first = first}), Disk::OpenMode::kCreateNew));
    directory.end = directory.allocated = 0;
    DFS_TRY_OK(write_batch(directory, beginning));
    DFS_TRY_OK(disk_.sync_directory(directory.current()));
    return write_seen(disk_, directory.current(), first);
  }));
  segment_first_ = first;
  synced_ = appended_ = first;
  return {};
}

Result<void> Journal::append(std::string_view encoded, TransactionId first, TransactionId last) {
  DFS_CHECK(segment_first_ || failure_);
  DFS_TRY_OK(check_usable());
  DFS_CHECK(first == dfs::next(appended_) && last >= first);
  pending_ += encoded;
  appended_ = last;
  return {};
}

Result<void> Journal::sync() {
  DFS_TRY_OK(check_usable());
  if (pending_.empty()) return {};
  DFS_TRY_OK(everywhere([&](Directory& directory) -> Result<void> {
    std::string_view rest = pending_;
    while (!rest.empty()) {
      size_t length = 0;
      while (length < rest.size()) {
        DFS_TRY(const size_t op, edit_size(as_bytes(rest.substr(length))));
        if (length > 0 && length + op > kUnsyncedBytesMax) break;
        length += op;
      }
      DFS_TRY_OK(write_batch(directory, rest.substr(0, length)));
      rest.remove_prefix(length);
    }
    return {};
  }));
  pending_.clear();
  synced_ = appended_;
  return {};
}

Result<void> Journal::write_batch(Directory& directory, std::string_view bytes) {
  static const std::string fill(kPreallocatedBytes, char(kOpInvalid));
  while (directory.allocated < directory.end + bytes.size()) {
    DFS_TRY_OK(directory.segment->pwrite(as_bytes(fill), directory.allocated));
    directory.allocated += fill.size();
  }
  DFS_TRY_OK(directory.segment->pwrite(as_bytes(bytes), directory.end));
  DFS_TRY_OK(directory.segment->sync());
  directory.end += bytes.size();
  return {};
}

Result<void> Journal::append_marker(const EditRecord& record) {
  const TransactionId id = dfs::next(appended_);
  std::string bytes;
  DFS_TRY_OK(encode_edit({.id = id, .record = record}, bytes));
  return append(bytes, id, id);
}

Result<void> Journal::finalize_segment() {
  DFS_CHECK(segment_first_ || failure_);
  DFS_TRY_OK(append_marker(EndLogSegmentOp{}));
  DFS_TRY_OK(sync());
  const SegmentName in_progress{.first = *segment_first_};
  const SegmentName finalized{.first = *segment_first_, .last = synced_};
  DFS_TRY_OK(everywhere([&](Directory& directory) -> Result<void> {
    DFS_TRY_OK(directory.segment->truncate(directory.end));
    DFS_TRY_OK(directory.segment->sync());
    directory.segment.reset();
    DFS_TRY_OK(disk_.rename(directory.path_of(in_progress), directory.path_of(finalized)));
    return disk_.sync_directory(directory.current());
  }));
  segment_first_.reset();
  return {};
}

Result<void> Journal::roll() {
  DFS_TRY_OK(finalize_segment());
  return start_segment();
}

Result<void> Journal::close() {
  return finalize_segment();
}

Result<void> Journal::purge(TransactionId up_to) {
  DFS_TRY_OK(check_usable());
  for (const auto& directory : directories_) {
    DFS_TRY(std::vector<SegmentName> segments, list_segments(disk_, directory->current()));
    std::erase_if(segments, [&](const SegmentName& name) { return !name.last || *name.last > up_to; });
    const uint64_t required = raw(up_to) + 1;
    const uint64_t keep_from = required - std::min(required, settings_.extra_edits_retained);
    size_t purged = segments.size() - std::min(segments.size(), settings_.extra_segments_retained);
    while (purged < segments.size() && raw(*segments[purged].last) < keep_from) ++purged;
    for (size_t i = 0; i < purged; ++i) DFS_TRY_OK(disk_.remove(directory->path_of(segments[i])));
  }
  return {};
}

}  // namespace dfs::namenode
