#include "namenode/image/imported_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs::fsimage;
using Reference = INodeReferenceSection::INodeReference;

constexpr size_t kScratchRowsAtOnce = 4096;
// Scratch: child -> parent; number -> reference; (inode, snapshot, directory) -> reference, empty for none;
// (inode, snapshot) -> difference; directory -> the newest snapshot that has it, or kInTree.
constexpr Table kParents = Table::kInodeIndex;
constexpr Table kReferences = Table::kBlockIndex;
constexpr Table kPlaces = Table::kVersionsOfInode;
constexpr Table kDifferences = Table::kVersions;
constexpr Table kNewest = Table::kMeta;
constexpr uint64_t kInTree = UINT64_MAX;
constexpr char kOfFile = 'f', kOfDirectory = 'd';

// Marks a snapshot whose deletion is put off (HdfsServerConstants.XATTR_SNAPSHOT_DELETED).
constexpr std::string_view kDeletedXattr = "hdfs.snapshot.deleted";

std::string place_key(InodeId inode, SnapshotId snapshot, InodeId directory) {
  std::string key = inode_key(inode);
  ByteWriter(key).u32(uint32_t(snapshot));
  return key + inode_key(directory);
}
std::string difference_key(InodeId inode, SnapshotId snapshot) {
  std::string key = inode_key(inode);
  ByteWriter(key).u32(uint32_t(snapshot));
  return key;
}
SnapshotId snapshot_in(std::string_view key) {
  return SnapshotId(load_big_endian<uint32_t>(key.data() + 8));
}

template <class Message>
Result<Message> parsed(std::string_view bytes) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), int(bytes.size())))
    return fail(damaged_image("a scratch row makes no sense"));
  return message;
}

Result<void> check_name(InodeId directory, const std::string& name) {
  if (!name.empty() && name.find('/') == std::string::npos) return {};
  return fail(damaged_image(fmt::format("directory {} had an entry \"{}\"", raw(directory), name)));
}

// A list of differences is the newest first.
Result<void> check_order(InodeId inode, uint32_t snapshot, std::optional<uint32_t>& newer) {
  if (newer && snapshot >= *newer) {
    return fail(damaged_image(fmt::format("the snapshots of inode {} are not in order", raw(inode))));
  }
  newer = snapshot;
  return {};
}

}  // namespace

Error damaged_image(std::string_view what) {
  return Error(ErrorCode::kCorruptFormat, "the image is damaged: " + std::string(what));
}

Result<void> ImportedHistory::write_when_many(size_t rows_max) {
  if (found_.changes().size() < rows_max) return {};
  DFS_TRY_OK(scratch_.write(std::exchange(found_, Batch()), kNoTransaction));
  scratch_.wait_for_room();
  return {};
}

Result<void> ImportedHistory::read_references(ImageReader& image) {
  DFS_TRY(auto section, image.section("INODE_REFERENCE"));
  if (!section) return {};
  Reference message;
  while (true) {
    DFS_TRY(bool there, section->next(message));
    if (!there) return write_when_many(0);
    found_.put(kReferences, inode_key(InodeId(references_++)), message.SerializeAsString());
    DFS_TRY_OK(write_when_many(kScratchRowsAtOnce));
  }
}

Result<Reference> ImportedHistory::reference(uint32_t number) const {
  DFS_TRY(auto bytes, scratch_.get(kReferences, inode_key(InodeId(number))));
  if (!bytes) return fail(damaged_image(fmt::format("it has no reference of number {}", number)));
  return parsed<Reference>(*bytes);
}

Result<InodeId> ImportedHistory::referred(uint32_t number) const {
  DFS_TRY(Reference found, reference(number));
  return InodeId(found.referredid());
}

void ImportedHistory::put_parent(InodeId child, InodeId parent, Batch& scratch) {
  scratch.put(kParents, inode_key(child), encode_counter(raw(parent)));
}

Result<std::optional<InodeId>> ImportedHistory::parent_of(InodeId inode) const {
  DFS_TRY(auto bytes, scratch_.get(kParents, inode_key(inode)));
  return bytes ? std::optional(InodeId(load_big_endian<uint64_t>(bytes->data()))) : std::nullopt;
}

Result<void> ImportedHistory::read_snapshots(ImageReader& image) {
  DFS_TRY(auto section, image.section("SNAPSHOT"));
  if (!section) return {};
  SnapshotSection head;
  DFS_TRY_OK(section->require(head));
  next_snapshot_ = head.snapshotcounter();
  for (uint64_t directory : head.snapshottabledir()) snapshottable_.insert(InodeId(directory));
  left_ += snapshottable_.size();
  for (uint32_t i = 0; i < head.numsnapshots(); ++i) {
    SnapshotSection::Snapshot message;
    DFS_TRY_OK(section->require(message));
    DFS_TRY(ImageInode root, from_image(message.root(), names_));
    if (root.row.type != InodeType::kDirectory || root.name.empty() || !snapshottable_.contains(root.row.id) ||
        message.snapshotid() >= next_snapshot_) {
      return fail(damaged_image(fmt::format("snapshot {} ({}) makes no sense", message.snapshotid(), root.name)));
    }
    for (const ExtendedAttribute& xattr : root.row.xattrs) {
      if (xattr.name != kDeletedXattr) continue;
      return fail(ErrorCode::kUnsupported,
                  fmt::format("it has the deleted snapshot {}, which is kept until older ones are deleted: that is not "
                              "supported",
                              root.name));
    }
    const bool is_new = snapshots_.emplace(SnapshotId(message.snapshotid()), SnapshotRow{root.name, root.row}).second;
    if (!is_new) return fail(damaged_image(fmt::format("it has two snapshots {}", message.snapshotid())));
  }
  return {};
}

Result<void> ImportedHistory::read_differences(ImageReader& image, Tables& into, Batch& rows) {
  DFS_TRY(auto section, image.section("SNAPSHOT_DIFF"));
  if (!section) return {};
  DiffSection::DiffEntry entry;
  while (true) {
    DFS_TRY(bool there, section->next(entry));
    if (!there) return write_when_many(0);
    DFS_TRY_OK(entry.type() == DiffSection::DiffEntry::FILEDIFF ? read_file_differences(*section, entry)
                                                                : read_directory_differences(*section, entry, rows));
    DFS_TRY_OK(write_when_many(kScratchRowsAtOnce));
    if (rows.changes().size() < kScratchRowsAtOnce) continue;
    DFS_TRY_OK(into.write(std::exchange(rows, Batch()), kNoTransaction));
    into.wait_for_room();
  }
}

Result<void> ImportedHistory::read_file_differences(ImageSection& section, const DiffSection::DiffEntry& entry) {
  std::optional<uint32_t> newer;
  for (uint32_t i = 0; i < entry.numofdiff(); ++i) {
    DiffSection::FileDiff message;
    DFS_TRY_OK(section.require(message));
    DFS_TRY_OK(check_order(InodeId(entry.inodeid()), message.snapshotid(), newer));
    found_.put(kDifferences, difference_key(InodeId(entry.inodeid()), SnapshotId(message.snapshotid())),
               kOfFile + message.SerializeAsString());
    ++left_;
  }
  return {};
}

Result<void> ImportedHistory::read_directory_differences(ImageSection& section, const DiffSection::DiffEntry& entry,
                                                         Batch& rows) {
  const auto directory = InodeId(entry.inodeid());
  std::optional<uint32_t> newer;
  for (uint32_t i = 0; i < entry.numofdiff(); ++i) {
    DiffSection::DirectoryDiff message;
    DFS_TRY_OK(section.require(message));
    DFS_TRY_OK(check_order(directory, message.snapshotid(), newer));
    const auto snapshot = SnapshotId(message.snapshotid());
    // What was deleted under the same name says more, and comes later.
    for (uint32_t created = 0; created < message.createdlistsize(); ++created) {
      DiffSection::CreatedListEntry name;
      DFS_TRY_OK(section.require(name));
      DFS_TRY_OK(check_name(directory, name.name()));
      const EntryKey key{.parent = directory, .name = name.name()};
      rows.put(Table::kVersions, version_key(key, snapshot), "");
      rows.put(Table::kVersionsOfSnapshot, snapshot_version_key(snapshot, key), "");
    }
    DFS_TRY_OK(put_deleted(directory, message));
    message.clear_deletedinode();
    message.clear_deletedinoderef();
    found_.put(kDifferences, difference_key(directory, snapshot), kOfDirectory + message.SerializeAsString());
    ++left_;
  }
  return {};
}

Result<void> ImportedHistory::put_deleted(InodeId directory, const DiffSection::DirectoryDiff& difference) {
  const auto snapshot = SnapshotId(difference.snapshotid());
  for (uint64_t inode : difference.deletedinode()) put_place(InodeId(inode), snapshot, directory, "");
  for (uint32_t number : difference.deletedinoderef()) {
    DFS_TRY(Reference found, reference(number));
    if (!found.has_dstsnapshotid()) DFS_TRY_OK(check_name(directory, found.name()));
    // What was renamed to here and deleted here is not elsewhere.
    put_place(InodeId(found.referredid()), snapshot, directory,
              found.has_dstsnapshotid() ? std::string() : found.SerializeAsString());
  }
  return {};
}

void ImportedHistory::put_place(InodeId inode, SnapshotId snapshot, InodeId directory, const std::string& reference) {
  found_.put(kPlaces, place_key(inode, snapshot, directory), reference);
  ++left_;
}

Result<std::vector<InodeHistory::Place>> ImportedHistory::places_of(InodeId inode) const {
  std::vector<InodeHistory::Place> places;
  Result<void> outcome;
  DFS_TRY_OK(scratch_.scan(kPlaces, inode_key(inode), [&](std::string_view key, std::string_view value) {
    InodeHistory::Place place{.snapshot = snapshot_in(key),
                              .directory = InodeId(load_big_endian<uint64_t>(key.data() + 12))};
    if (!value.empty()) {
      Result<Reference> found = parsed<Reference>(value);
      if (!found) {
        outcome = fail(std::move(found).error());
        return false;
      }
      place.left = {.last = SnapshotId(found->lastsnapshotid()), .name = found->name()};
    }
    places.push_back(std::move(place));
    return true;
  }));
  DFS_TRY_OK(std::move(outcome));
  return places;
}

Result<InodeHistory::Difference> ImportedHistory::difference(InodeId inode, InodeType type,
                                                             std::string_view bytes) const {
  InodeHistory::Difference made;
  const bool of_file = bytes[0] == kOfFile;
  if (type != (of_file ? InodeType::kFile : InodeType::kDirectory)) {
    return fail(damaged_image(fmt::format("inode {} is not of the type that its snapshots say", raw(inode))));
  }
  if (of_file) {
    DFS_TRY(auto message, parsed<DiffSection::FileDiff>(bytes.substr(1)));
    made.snapshot = SnapshotId(message.snapshotid());
    made.length = message.filesize();
    if (message.has_snapshotcopy()) {
      DFS_TRY(made.attributes, attributes_from(message.snapshotcopy(), names_));
    }
    for (const auto& block : message.blocks()) {
      made.blocks.push_back({.id = BlockId(block.blockid()),
                             .generation_stamp = GenerationStamp(block.genstamp()),
                             .length = block.numbytes()});
    }
    return made;
  }
  DFS_TRY(auto message, parsed<DiffSection::DirectoryDiff>(bytes.substr(1)));
  made.snapshot = SnapshotId(message.snapshotid());
  made.is_snapshot_root = message.issnapshotroot();
  made.child_count = message.childrensize();
  if (made.is_snapshot_root) {
    auto found = snapshots_.find(made.snapshot);
    if (found == snapshots_.end() || found->second.root.id != inode) {
      return fail(damaged_image(fmt::format("inode {} has no snapshot {}", raw(inode), message.snapshotid())));
    }
    made.attributes = found->second.root;
  } else if (message.has_snapshotcopy()) {
    DFS_TRY(made.attributes, attributes_from(inode, message.snapshotcopy(), names_));
  }
  return made;
}

Result<std::vector<InodeHistory::Difference>> ImportedHistory::differences_of(InodeId inode, InodeType type) const {
  std::vector<InodeHistory::Difference> differences;
  Result<void> outcome;
  DFS_TRY_OK(scratch_.scan(kDifferences, inode_key(inode), [&](std::string_view, std::string_view value) {
    Result<InodeHistory::Difference> one = difference(inode, type, value);
    if (!one) {
      outcome = fail(std::move(one).error().within(fmt::format("inode {}", raw(inode))));
      return false;
    }
    differences.push_back(*std::move(one));
    return true;
  }));
  DFS_TRY_OK(std::move(outcome));
  return differences;
}

Result<std::optional<InodeHistory::Entry>> ImportedHistory::entry_in_tree(InodeId inode,
                                                                          const std::string& name) const {
  DFS_TRY(std::optional<InodeId> parent, parent_of(inode));
  if (!parent) return std::optional<InodeHistory::Entry>();
  return std::optional(InodeHistory::Entry{.key = {.parent = *parent, .name = name}});
}

Result<InodeHistory> ImportedHistory::of(InodeId inode, InodeType type, const std::string& name) {
  InodeHistory history;
  if (type == InodeType::kDirectory && is_snapshottable(inode)) --left_;
  DFS_TRY(history.places, places_of(inode));
  DFS_TRY(history.differences, differences_of(inode, type));
  left_ -= history.places.size() + history.differences.size();
  DFS_TRY(history.entry, entry_in_tree(inode, name));
  if (history.entry) {
    DFS_TRY(history.entry->newest, newest_of(history.entry->key.parent));
  }
  return history;
}

Result<std::optional<SnapshotId>> ImportedHistory::newest_of(InodeId directory) {
  std::vector<InodeId> climbed;
  std::unordered_set<InodeId> met;
  uint64_t newest = kInTree;
  for (InodeId at = directory; at != kRootInode;) {
    DFS_TRY(auto known, scratch_.get(kNewest, inode_key(at)));
    if (known) {
      newest = load_big_endian<uint64_t>(known->data());
      break;
    }
    if (!met.insert(at).second) return fail(damaged_image(fmt::format("directory {} is in itself", raw(at))));
    climbed.push_back(at);
    DFS_TRY(std::optional<InodeId> parent, parent_of(at));
    if (parent) {
      at = *parent;
      continue;
    }
    DFS_TRY(std::vector<InodeHistory::Place> places, places_of(at));
    if (places.empty()) return fail(damaged_image(fmt::format("inode {} is in no directory", raw(at))));
    newest = uint64_t(std::ranges::max(places, {}, &InodeHistory::Place::snapshot).snapshot);
    break;
  }
  Batch known;
  for (InodeId at : climbed) known.put(kNewest, inode_key(at), encode_counter(newest));
  if (!known.empty()) DFS_TRY_OK(scratch_.write(known, kNoTransaction));
  return newest == kInTree ? std::nullopt : std::optional(SnapshotId(uint32_t(newest)));
}

Result<void> ImportedHistory::check_all_taken() const {
  if (left_ > 0) {
    return fail(damaged_image(fmt::format("its snapshots say {} things of inodes that are not there", left_)));
  }
  return {};
}

}  // namespace dfs::namenode
