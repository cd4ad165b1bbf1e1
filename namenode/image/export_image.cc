#include "namenode/image/export_image.h"

#include <algorithm>
#include <unordered_set>

#include "namenode/image/exported_history.h"
#include "namenode/image/image_inode.h"
#include "namenode/image/import_image.h"
#include "namenode/image/string_table.h"
#include "namenode/namespace/detached_trees.h"
#include "namenode/namespace/inode_path.h"
#include "proto/base/bytes.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs::fsimage;

// Of a file that was open when it was deleted.
constexpr std::string_view kNobody = "HDFS_NameNode";

bool is_ascii(std::string_view name) {
  return std::ranges::all_of(name, [](char c) { return uint8_t(c) < 0x80; });
}

class Export {
 public:
  Export(const View& view, TransactionId last, const StorageVersion& version, ImageWriter& image)
      : view_(view), last_(last), version_(version), image_(image) {}

  // In the order of Hadoop's own images.
  Result<void> run() {
    DFS_TRY(detached_inodes_,
            for_each_detached_directory(view_, [this](InodeId directory) { detached_.insert(directory); }));
    DFS_TRY_OK(write_name_system());
    DFS_TRY_OK(write_kept("ERASURE_CODING", ErasureCodingSection()));
    DFS_TRY_OK(write_inodes());
    DFS_TRY_OK(write_directories());
    DFS_TRY_OK(write_open_files());
    DFS_TRY_OK(history_.write_snapshots());
    DFS_TRY_OK(history_.write_differences());
    DFS_TRY_OK(history_.write_references());
    SecretManagerSection secrets;
    secrets.set_currentid(0);
    secrets.set_tokensequencenumber(0);
    secrets.set_numkeys(0);
    secrets.set_numtokens(0);
    DFS_TRY_OK(write_kept("SECRET_MANAGER", std::move(secrets)));
    CacheManagerSection caches;
    caches.set_nextdirectiveid(1);
    caches.set_numpools(0);
    caches.set_numdirectives(0);
    DFS_TRY_OK(write_kept("CACHE_MANAGER", std::move(caches)));
    return numbers_.write(image_);
  }

 private:
  // What an image that we began with had there, or what a new namespace has.
  template <class Head>
  Result<Head> kept(std::string_view section, Head fresh) const {
    DFS_TRY(auto bytes, view_.get(Table::kMeta, kept_section_key(section)));
    if (!bytes) return fresh;
    Head head;
    if (!head.ParseFromString(*bytes)) {
      return fail(ErrorCode::kCorruptFormat, "table row: the section " + std::string(section) + " is damaged");
    }
    return head;
  }
  template <class Head>
  Result<void> write_kept(std::string_view section, Head fresh) {
    DFS_TRY(Head head, kept(section, std::move(fresh)));
    DFS_TRY_OK(image_.put(head));
    return image_.end_section(section);
  }

  Result<void> write_name_system() {
    NameSystemSection fresh;
    fresh.set_genstampv1(raw(kLastReservedGenerationStamp));
    fresh.set_genstampv1limit(0);
    fresh.set_lastallocatedstripedblockid(uint64_t(INT64_MIN));
    DFS_TRY(NameSystemSection head, kept("NS_INFO", std::move(fresh)));
    head.set_namespaceid(uint32_t(version_.namespace_id));
    DFS_TRY(uint64_t stamp, counter(view_, Counter::kGenerationStamp));
    head.set_genstampv2(stamp);
    DFS_TRY(uint64_t block, counter(view_, Counter::kLastBlockId));
    head.set_lastallocatedblockid(block);
    head.set_transactionid(raw(last_));
    DFS_TRY_OK(image_.put(head));
    return image_.end_section("NS_INFO");
  }

  // Calls `visit(key, row)` with every entry, the children of a directory together and in order of names.
  template <class Visit>
  Result<void> for_each_entry(Visit visit) const {
    Result<void> outcome;
    DFS_TRY_OK(view_.scan(Table::kEntries, "", [&](std::string_view key, std::string_view value) {
      Result<InodeRow> row = decode<InodeRow>(value);
      EntryKey at = decode_entry_key(key);
      if (at.parent == kDetachedTrees || detached_.contains(at.parent)) return true;
      if (row) {
        outcome = visit(std::move(at), *std::move(row));
      } else {
        outcome = fail(std::move(row).error());
      }
      return outcome.has_value();
    }));
    return outcome;
  }

  Result<void> write_inodes() {
    INodeSection head;
    DFS_TRY(uint64_t last_id, counter(view_, Counter::kLastInodeId));
    DFS_TRY(uint64_t files, counter(view_, Counter::kFileCount));
    DFS_TRY(uint64_t directories, counter(view_, Counter::kDirectoryCount));
    head.set_lastinodeid(last_id);
    head.set_numinodes(files + directories - detached_inodes_);
    DFS_TRY_OK(image_.put(head));
    INodeSection::INode message;
    DFS_TRY_OK(for_each_entry([&](EntryKey key, InodeRow row) -> Result<void> {
      ImageInode inode{.name = std::move(key.name), .row = std::move(row)};
      if (inode.row.type == InodeType::kFile) DFS_TRY_OK(add_file(inode));
      message.Clear();
      DFS_TRY_OK(to_image(inode, numbers_, message));
      return image_.put(message);
    }));
    DFS_TRY_OK(history_.for_each_outside([&](const EntryKey& key, const InodeRow& row) -> Result<void> {
      ImageInode inode{.name = key.name, .row = row};
      if (inode.row.type == InodeType::kFile) DFS_TRY_OK(add_file_outside(inode));
      message.Clear();
      DFS_TRY_OK(to_image(inode, numbers_, message));
      return image_.put(message);
    }));
    return image_.end_section("INODE");
  }

  Result<void> add_file(ImageInode& inode) const {
    if (inode.row.block_count > 0) {
      DFS_TRY(inode.blocks, blocks_of_file(view_, inode.row.id));
    }
    if (!inode.row.under_construction) return {};
    DFS_TRY(auto bytes, view_.get(Table::kOpenFiles, inode_key(inode.row.id)));
    if (!bytes) return fail(ErrorCode::kCorruptFormat, inode.name + " is open, but nobody holds it");
    DFS_TRY(inode.open, decode<OpenFileRow>(*bytes));
    return {};
  }

  // A file that only snapshots have, as it was when it was deleted.
  Result<void> add_file_outside(ImageInode& inode) const {
    DFS_TRY(inode.blocks, blocks_of_file(view_, inode.row.id));
    if (!inode.blocks.empty() && inode.blocks.back().state == BlockState::kUnderConstruction) {
      inode.open = OpenFileRow{.holder = std::string(kNobody)};
    }
    return {};
  }

  struct Children {
    std::vector<uint64_t> inodes{};
    std::vector<uint32_t> references{};
    std::unordered_set<uint64_t> renamed{};  // of the references
    bool ascii = true;
  };

  Result<void> write_directories() {
    InodeId parent = kNoInode;
    Children children;
    DFS_TRY_OK(for_each_entry([&](EntryKey key, InodeRow row) -> Result<void> {
      if (key.parent != parent) {
        DFS_TRY_OK(write_directory(parent, children));
        parent = key.parent;
        children = {};
      }
      DFS_TRY(std::optional<uint32_t> reference, history_.reference_in_tree(key, row));
      if (reference) {
        children.references.push_back(*reference);
        children.renamed.insert(raw(row.id));
        return {};
      }
      children.ascii = children.ascii && is_ascii(key.name);
      children.inodes.push_back(raw(row.id));
      return {};
    }));
    DFS_TRY_OK(write_directory(parent, children));
    return image_.end_section("INODE_DIR");
  }

  // References find their places by themselves.
  Result<void> write_directory(InodeId parent, Children& children) {
    if (parent == kNoInode || children.inodes.size() + children.references.size() == 0) return {};
    if (!children.ascii) {
      DFS_TRY(children.inodes, children_in_javas_order(parent, children.renamed));
    }
    INodeDirectorySection::DirEntry directory;
    directory.set_parent(raw(parent));
    directory.mutable_children()->Add(children.inodes.begin(), children.inodes.end());
    directory.mutable_refchildren()->Add(children.references.begin(), children.references.end());
    return image_.put(directory);
  }

  Result<std::vector<uint64_t>> children_in_javas_order(InodeId parent,
                                                        const std::unordered_set<uint64_t>& without) const {
    std::vector<std::pair<std::string, uint64_t>> named;
    Result<void> outcome;
    DFS_TRY_OK(view_.scan(Table::kEntries, inode_key(parent), [&](std::string_view key, std::string_view value) {
      Result<InodeRow> row = decode<InodeRow>(value);
      if (!row) {
        outcome = fail(std::move(row).error());
        return false;
      }
      if (!without.contains(raw(row->id))) named.emplace_back(decode_entry_key(key).name, raw(row->id));
      return true;
    }));
    DFS_TRY_OK(std::move(outcome));
    std::ranges::sort(named, BeforeInJava(), &std::pair<std::string, uint64_t>::first);
    std::vector<uint64_t> ids;
    for (const auto& [name, id] : named) ids.push_back(id);
    return ids;
  }

  Result<void> write_open_files() {
    Result<void> outcome;
    DFS_TRY_OK(view_.scan(Table::kOpenFiles, "", [&](std::string_view key, std::string_view) {
      const auto id = InodeId(load_big_endian<uint64_t>(key.data()));
      Result<std::optional<InodePath>> path = resolve_inode(view_, id);
      if (!path) {
        outcome = fail(std::move(path).error());
        return false;
      }
      if (!*path) return true;  // detached
      FilesUnderConstructionSection::FileUnderConstructionEntry entry;
      entry.set_inodeid(raw(id));
      entry.set_fullpath((*path)->path());
      outcome = image_.put(entry);
      return outcome.has_value();
    }));
    DFS_TRY_OK(std::move(outcome));
    return image_.end_section("FILES_UNDERCONSTRUCTION");
  }

  const View& view_;
  const TransactionId last_;
  const StorageVersion& version_;
  ImageWriter& image_;
  ImageNumbers numbers_;
  ExportedHistory history_{view_, numbers_, image_};
  // What has been deleted and is still to be swept is not in the image.
  std::unordered_set<InodeId> detached_;
  size_t detached_inodes_ = 0;
};

}  // namespace

Result<void> export_image(const View& view, TransactionId last, const StorageVersion& version, ImageWriter& image) {
  return Export(view, last, version, image).run();
}

}  // namespace dfs::namenode
