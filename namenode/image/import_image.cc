#include "namenode/image/import_image.h"

#include <fmt/format.h>

#include "namenode/image/image_inode.h"
#include "namenode/image/string_table.h"
#include "proto/base/bytes.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs::fsimage;

constexpr size_t kRowsAtOnce = 4096;
// Scratch: child -> parent, and directory -> how many children.
constexpr Table kParents = Table::kInodeIndex;
constexpr Table kCounts = Table::kEntries;

Error damaged(std::string what) {
  return Error(ErrorCode::kCorruptFormat, "the image is damaged: " + std::move(what));
}

class Import {
 public:
  Import(ImageReader& image, const StorageVersion& version, Tables& into, Tables& scratch)
      : image_(image), version_(version), into_(into), scratch_(scratch) {}

  Result<ImportedImage> run() {
    DFS_TRY_OK(read_name_system());
    DFS_TRY_OK(read_features());
    DFS_TRY(auto strings, required("STRING_TABLE"));
    DFS_TRY(names_, ImageNames::read(*strings));
    DFS_TRY_OK(read_directories());
    DFS_TRY_OK(read_inodes());
    count(Counter::kFileCount, files_);
    count(Counter::kDirectoryCount, directories_);
    count(Counter::kBlockCount, blocks_);
    DFS_TRY_OK(into_.write(rows_, last_));
    return ImportedImage{.last = last_, .inode_count = files_ + directories_};
  }

 private:
  Result<std::unique_ptr<ImageSection>> required(std::string_view name) {
    DFS_TRY(auto section, image_.section(name));
    if (!section) return fail(damaged(fmt::format("it has no section {}", name)));
    return section;
  }
  void keep(std::string_view section, const google::protobuf::MessageLite& head) {
    rows_.put(Table::kMeta, kept_section_key(section), head.SerializeAsString());
  }
  void count(Counter which, uint64_t value) { rows_.put(Table::kMeta, counter_key(which), encode_counter(value)); }

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
    DFS_TRY(auto snapshots, image_.section("SNAPSHOT"));
    if (snapshots) {
      SnapshotSection head;
      DFS_TRY_OK(snapshots->require(head));
      if (head.numsnapshots() > 0) return lacking(fmt::format("{} snapshots", head.numsnapshots()));
      if (head.snapshottabledir_size() > 0) {
        return lacking(fmt::format("{} snapshottable directories", head.snapshottabledir_size()));
      }
      if (head.snapshotcounter() > 0) count(Counter::kNextSnapshotId, head.snapshotcounter());
      keep("SNAPSHOT", head);
    }
    DFS_TRY(auto references, image_.section("INODE_REFERENCE"));
    INodeReferenceSection::INodeReference reference;
    if (references) {
      DFS_TRY(bool any, references->next(reference));
      if (any) return lacking("inodes that only snapshots hold");
    }
    DFS_TRY(auto differences, image_.section("SNAPSHOT_DIFF"));
    SnapshotDiffSection::DiffEntry difference;
    if (differences) {
      DFS_TRY(bool any, differences->next(difference));
      if (any) return lacking("differences between snapshots");
    }
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
      if (there && directory.refchildren_size() > 0) return lacking("inodes that only snapshots hold");
      if (there && directory.children_size() > 0) {
        const auto parent = InodeId(directory.parent());
        found.put(kCounts, inode_key(parent), encode_counter(uint64_t(directory.children_size())));
        for (uint64_t child : directory.children()) {
          found.put(kParents, inode_key(InodeId(child)), encode_counter(raw(parent)));
        }
        children_ += uint64_t(directory.children_size());
        ++directories_with_children_;
      }
      if (!there || found.changes().size() >= kRowsAtOnce) {
        DFS_TRY_OK(scratch_.write(found, kNoTransaction));
        found.clear();
      }
      if (!there) return {};
    }
  }

  Result<uint64_t> scratch_number(Table table, InodeId id) const {
    DFS_TRY(auto bytes, scratch_.get(table, inode_key(id)));
    return bytes ? load_big_endian<uint64_t>(bytes->data()) : 0;
  }

  Result<void> read_inodes() {
    DFS_TRY(auto section, required("INODE"));
    INodeSection head;
    DFS_TRY_OK(section->require(head));
    count(Counter::kLastInodeId, head.lastinodeid());
    bool root_seen = false;
    INodeSection::INode message;
    while (true) {
      DFS_TRY(bool there, section->next(message));
      if (!there) break;
      DFS_TRY(ImageInode inode, from_image(message, names_));
      root_seen = root_seen || inode.row.id == kRootInode;
      DFS_TRY_OK(add(std::move(inode)));
      if (rows_.changes().size() < kRowsAtOnce) continue;
      DFS_TRY_OK(into_.write(rows_, kNoTransaction));
      rows_.clear();
    }
    const uint64_t inodes = files_ + directories_;
    if (inodes != head.numinodes()) {
      return fail(damaged(fmt::format("it announces {} inodes and has {}", head.numinodes(), inodes)));
    }
    if (!root_seen) return fail(damaged("the root is missing"));
    if (children_ != inodes - 1) {
      return fail(damaged(fmt::format("its directories name {} children, and it has {} inodes", children_, inodes)));
    }
    if (directories_with_children_ != 0) return fail(damaged("an inode that is no directory has children"));
    return {};
  }

  Result<void> add(ImageInode inode) {
    InodeRow& row = inode.row;
    EntryKey key{.parent = kNoInode, .name = std::move(inode.name)};
    if (row.id == kRootInode) {
      if (!key.name.empty() || row.type != InodeType::kDirectory) return fail(damaged("its root is not a root"));
    } else {
      DFS_TRY(uint64_t parent, scratch_number(kParents, row.id));
      if (parent == 0) return fail(damaged(fmt::format("inode {} ({}) is in no directory", raw(row.id), key.name)));
      if (key.name.empty() || key.name.find('/') != std::string::npos) {
        return fail(damaged(fmt::format("inode {} has the name \"{}\"", raw(row.id), key.name)));
      }
      key.parent = InodeId(parent);
    }
    if (row.type == InodeType::kDirectory) {
      DFS_TRY(uint64_t children, scratch_number(kCounts, row.id));
      row.child_count = uint32_t(children);
      if (children > 0) --directories_with_children_;
      ++directories_;
    } else {
      ++files_;
    }
    for (uint32_t i = 0; i < inode.blocks.size(); ++i) {
      const BlockRow& block = inode.blocks[i];
      rows_.put(Table::kFileBlocks, file_block_key(row.id, i), encode(block));
      rows_.put(Table::kBlockIndex, block_key(block.id), encode(BlockOwner{.file = row.id, .index = i}));
    }
    blocks_ += inode.blocks.size();
    if (inode.open) rows_.put(Table::kOpenFiles, inode_key(row.id), encode(*inode.open));
    rows_.put(Table::kEntries, entry_key(key.parent, key.name), encode(row));
    rows_.put(Table::kInodeIndex, inode_key(row.id), encode(key));
    return {};
  }

  ImageReader& image_;
  const StorageVersion& version_;
  Tables& into_;
  Tables& scratch_;
  ImageNames names_;
  Batch rows_;
  TransactionId last_ = kNoTransaction;
  uint64_t files_ = 0, directories_ = 0, blocks_ = 0, children_ = 0, directories_with_children_ = 0;
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
