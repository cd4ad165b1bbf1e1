#include "namenode/image/import_image.h"

#include <fmt/format.h>

#include <set>
#include <utility>

#include "namenode/image/image_inode.h"
#include "namenode/image/imported_history.h"
#include "namenode/image/inode_history.h"
#include "namenode/image/settle_versions.h"
#include "namenode/image/string_table.h"
#include "proto/base/bytes.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs::fsimage;

constexpr size_t kRowsAtOnce = 4096;
// Scratch, beside what ImportedHistory has there: directory -> how many children.
constexpr Table kCounts = Table::kEntries;

class Import {
 public:
  Import(ImageReader& image, const StorageVersion& version, Tables& into, Tables& scratch)
      : image_(image), version_(version), into_(into), scratch_(scratch) {}

  Result<ImportedImage> run() {
    DFS_TRY_OK(read_name_system());
    DFS_TRY_OK(read_features());
    DFS_TRY(auto strings, required("STRING_TABLE"));
    DFS_TRY(names_, ImageNames::read(*strings));
    DFS_TRY_OK(history_.read_references(image_));
    DFS_TRY_OK(read_directories());
    DFS_TRY_OK(history_.read_snapshots(image_));
    DFS_TRY_OK(history_.read_differences(image_, into_, rows_));
    DFS_TRY_OK(read_inodes());
    count_if_any(Counter::kNextSnapshotId, history_.next_snapshot());
    count_if_any(Counter::kSnapshotCount, history_.snapshots().size());
    count_if_any(Counter::kSnapshottableCount, history_.snapshottable_count());
    count(Counter::kFileCount, files_);
    count(Counter::kDirectoryCount, directories_);
    count(Counter::kBlockCount, blocks_);
    DFS_TRY_OK(write_rows());
    DFS_TRY_OK(settle_versions(into_));
    DFS_TRY_OK(into_.write(rows_, last_));
    return ImportedImage{.last = last_, .inode_count = files_ + directories_};
  }

 private:
  Result<std::unique_ptr<ImageSection>> required(std::string_view name) {
    DFS_TRY(auto section, image_.section(name));
    if (!section) return fail(damaged_image(fmt::format("it has no section {}", name)));
    return section;
  }
  void keep(std::string_view section, const google::protobuf::MessageLite& head) {
    rows_.put(Table::kMeta, kept_section_key(section), head.SerializeAsString());
  }
  void count(Counter which, uint64_t value) { rows_.put(Table::kMeta, counter_key(which), encode_counter(value)); }

  // As if whatever is counted had never been there.
  void count_if_any(Counter which, uint64_t value) {
    if (value > 0) count(which, value);
  }

  Result<void> read_name_system() {
    DFS_TRY(auto section, required("NS_INFO"));
    NameSystemSection head;
    DFS_TRY_OK(section->require(head));
    if (int32_t(head.namespaceid()) != version_.namespace_id) {
      return fail(ErrorCode::kIllegalState, fmt::format("it is of namespace {}, the folder of {}",
                                                        int32_t(head.namespaceid()), version_.namespace_id));
    }
    if (head.has_rollingupgradestarttime()) return lacking("a rolling upgrade that is not finalized");
    if (head.genstampv1limit() != 0) return lacking("blocks with generation stamps of before Hadoop 2.2");
    count(Counter::kGenerationStamp, head.genstampv2());
    count(Counter::kLastBlockId, head.lastallocatedblockid());
    last_ = TransactionId(head.transactionid());
    keep("NS_INFO", head);
    return {};
  }

  std::unexpected<Error> lacking(std::string_view what) const {
    return fail(ErrorCode::kUnsupported, fmt::format("it has {}, which is not supported", what));
  }

  // Sections of features that we lack: empty ones leave their heads.
  Result<void> read_features() {
    DFS_TRY(auto secrets, image_.section("SECRET_MANAGER"));
    if (secrets) {
      SecretManagerSection head;
      DFS_TRY_OK(secrets->require(head));
      if (head.numtokens() > 0) return lacking(fmt::format("{} delegation tokens", head.numtokens()));
      if (head.numkeys() > 0) return lacking(fmt::format("{} keys of delegation tokens", head.numkeys()));
      keep("SECRET_MANAGER", head);
    }
    DFS_TRY(auto caches, image_.section("CACHE_MANAGER"));
    if (caches) {
      CacheManagerSection head;
      DFS_TRY_OK(caches->require(head));
      if (head.numpools() > 0) return lacking(fmt::format("{} cache pools", head.numpools()));
      if (head.numdirectives() > 0) return lacking(fmt::format("{} cache directives", head.numdirectives()));
      keep("CACHE_MANAGER", head);
    }
    DFS_TRY(auto coding, image_.section("ERASURE_CODING"));
    if (coding) {
      // Policies that nothing uses do no harm; a file or directory with one is refused.
      ErasureCodingSection head;
      DFS_TRY_OK(coding->require(head));
      keep("ERASURE_CODING", head);
    }
    return {};
  }

  Result<void> read_directories() {
    DFS_TRY(auto section, required("INODE_DIR"));
    INodeDirectorySection::DirEntry directory;
    Batch found;
    while (true) {
      DFS_TRY(bool there, section->next(directory));
      const int children = there ? directory.children_size() + directory.refchildren_size() : 0;
      if (children > 0) {
        const auto parent = InodeId(directory.parent());
        found.put(kCounts, inode_key(parent), encode_counter(uint64_t(children)));
        for (uint64_t child : directory.children()) ImportedHistory::put_parent(InodeId(child), parent, found);
        for (uint32_t reference : directory.refchildren()) {
          DFS_TRY(InodeId child, history_.referred(reference));
          ImportedHistory::put_parent(child, parent, found);
        }
        children_ += uint64_t(children);
        ++directories_with_children_;
      }
      if (!there || found.changes().size() >= kRowsAtOnce) {
        DFS_TRY_OK(scratch_.write(std::exchange(found, Batch()), kNoTransaction));
        scratch_.wait_for_room();
      }
      if (!there) return {};
    }
  }

  Result<void> read_inodes() {
    DFS_TRY(auto section, required("INODE"));
    INodeSection head;
    DFS_TRY_OK(section->require(head));
    count(Counter::kLastInodeId, head.lastinodeid());
    any_history_ = history_.any();
    bool root_seen = false;
    INodeSection::INode message;
    while (true) {
      DFS_TRY(bool there, section->next(message));
      if (!there) break;
      DFS_TRY(ImageInode inode, from_image(message, names_));
      root_seen = root_seen || inode.row.id == kRootInode;
      DFS_TRY_OK(add(std::move(inode)));
      if (rows_.changes().size() >= kRowsAtOnce) DFS_TRY_OK(write_rows());
    }
    const uint64_t inodes = files_ + directories_;
    if (inodes != head.numinodes()) {
      return fail(damaged_image(fmt::format("it announces {} inodes and has {}", head.numinodes(), inodes)));
    }
    if (!root_seen) return fail(damaged_image("the root is missing"));
    if (children_ != children_seen_) {
      return fail(
          damaged_image(fmt::format("its directories name {} children, and it has {} inodes", children_, inodes)));
    }
    if (directories_with_children_ != 0) return fail(damaged_image("an inode that is no directory has children"));
    return history_.check_all_taken();
  }

  Result<void> write_rows() {
    DFS_TRY_OK(into_.write(std::exchange(rows_, Batch()), kNoTransaction));
    into_.wait_for_room();
    return {};
  }

  Result<uint64_t> scratch_number(Table table, InodeId id) const {
    DFS_TRY(auto bytes, scratch_.get(table, inode_key(id)));
    return bytes ? load_big_endian<uint64_t>(bytes->data()) : 0;
  }

  Result<void> add(ImageInode inode) {
    InodeRow& row = inode.row;
    InodeHistory history;
    if (any_history_) {
      DFS_TRY(history, history_.of(row.id, row.type, inode.name));
    } else {
      DFS_TRY(history.entry, history_.entry_in_tree(row.id, inode.name));
    }
    if (row.id == kRootInode) {
      if (!inode.name.empty() || row.type != InodeType::kDirectory || history.entry) {
        return fail(damaged_image("its root is not a root"));
      }
      history.entry = InodeHistory::Entry();
    } else {
      if (!history.entry && history.places.empty()) {
        return fail(damaged_image(fmt::format("inode {} ({}) is in no directory", raw(row.id), inode.name)));
      }
      if (inode.name.empty() || inode.name.find('/') != std::string::npos) {
        return fail(damaged_image(fmt::format("inode {} has the name \"{}\"", raw(row.id), inode.name)));
      }
      children_seen_ += history.entry ? 1 : 0;
    }
    if (row.type == InodeType::kDirectory) {
      DFS_TRY(uint64_t children, scratch_number(kCounts, row.id));
      row.child_count = uint32_t(children);
      if (children > 0) --directories_with_children_;
      ++directories_;
      DFS_TRY_OK(add_snapshots(row, history));
    } else {
      ++files_;
    }
    return add_rows(inode, history);
  }

  Result<void> add_rows(ImageInode& inode, const InodeHistory& history) {
    InodeRow& row = inode.row;
    for (uint32_t i = 0; i < inode.blocks.size(); ++i) {
      const BlockRow& block = inode.blocks[i];
      rows_.put(Table::kFileBlocks, file_block_key(row.id, i), encode(block));
      rows_.put(Table::kBlockIndex, block_key(block.id), encode(BlockOwner{.file = row.id, .index = i}));
    }
    blocks_ += inode.blocks.size();
    if (any_history_) {
      Result<InodeVersions> versions = versions_of(inode, history);
      if (!versions) {
        return fail(std::move(versions).error().within(fmt::format("inode {} ({})", raw(row.id), inode.name)));
      }
      row.versioned = !versions->versions.empty();
      add_versions(row.id, *versions);
    }
    // Nobody holds what is in snapshots alone.
    if (!history.entry || !history.entry->in_tree()) return {};
    const EntryKey& key = history.entry->key;
    if (inode.open) rows_.put(Table::kOpenFiles, inode_key(row.id), encode(*inode.open));
    rows_.put(Table::kEntries, entry_key(key.parent, key.name), encode(row));
    rows_.put(Table::kInodeIndex, inode_key(row.id), encode(key));
    return {};
  }

  void add_versions(InodeId inode, const InodeVersions& made) {
    for (const auto& [entry, snapshot, row] : made.versions) {
      rows_.put(Table::kVersions, version_key(entry, snapshot), encode(row));
      rows_.put(Table::kVersionsOfSnapshot, snapshot_version_key(snapshot, entry), "");
      rows_.put(Table::kVersionsOfInode, inode_version_key(inode, snapshot), encode(entry));
    }
    for (const auto& [index, snapshot, block] : made.blocks) {
      rows_.put(Table::kBlockVersions, block_version_key(inode, index, snapshot), encode(block));
      rows_.put(Table::kBlockIndex, block_key(block.id),
                encode(BlockOwner{.file = inode, .index = index, .version = snapshot}));
    }
    blocks_ += made.blocks.size();
  }

  Result<void> add_snapshots(InodeRow& directory, const InodeHistory& history) {
    if (!history_.is_snapshottable(directory.id)) return {};
    if (!history.entry || !history.entry->in_tree()) {
      return fail(
          damaged_image(fmt::format("inode {}, which can have snapshots, is in no directory", raw(directory.id))));
    }
    for (const auto& [id, snapshot] : history_.snapshots()) {
      if (snapshot.root.id != directory.id) continue;
      SnapshotRow row = snapshot;
      row.root.child_count = directory_as_of(directory, history, id).child_count;
      const bool is_new = names_of_snapshots_.emplace(directory.id, row.name).second;
      if (!is_new)
        return fail(damaged_image(fmt::format("inode {} has two snapshots {}", raw(directory.id), row.name)));
      rows_.put(Table::kSnapshots, snapshot_key(directory.id, id), encode(row));
      rows_.put(Table::kSnapshots, snapshot_name_key(directory.id, row.name), encode(id));
    }
    directory.snapshottable = true;
    rows_.put(Table::kSnapshots, snapshottable_key(directory.id), "");
    return {};
  }

  ImageReader& image_;
  const StorageVersion& version_;
  Tables& into_;
  Tables& scratch_;
  ImageNames names_;
  ImportedHistory history_{scratch_, names_};
  bool any_history_ = false;
  std::set<std::pair<InodeId, std::string>> names_of_snapshots_;
  Batch rows_;
  TransactionId last_ = kNoTransaction;
  uint64_t files_ = 0, directories_ = 0, blocks_ = 0;
  uint64_t children_ = 0, children_seen_ = 0, directories_with_children_ = 0;
};

}  // namespace

Result<ImportedImage> import_image(ImageReader& image, const StorageVersion& version, Tables& into, Tables& scratch) {
  Result<ImportedImage> imported = Import(image, version, into, scratch).run();
  if (!imported) return fail(std::move(imported).error().within(image.path()));
  return imported;
}

std::string kept_section_key(std::string_view section) {
  return "image/" + std::string(section);
}

}  // namespace dfs::namenode
