#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "namenode/image/image_file.h"
#include "namenode/image/inode_history.h"
#include "namenode/image/string_table.h"
#include "namenode/namespace/snapshots.h"
#include "namenode/store/tables.h"
#include "proto/hadoop/fsimage.pb.h"

namespace dfs::namenode {

// kCorruptFormat
Error damaged_image(std::string_view what);

// What the sections of an image about snapshots say, by the inode that it is about. It lies in `scratch`, so that
// memory grows with the number of snapshots alone. Who reads the directories tells which inode is in which; that has to
// be written before of() is asked.
class ImportedHistory {
 public:
  ImportedHistory(Tables& scratch, const ImageNames& names) : scratch_(scratch), names_(names) {}

  // In this order. That there was nothing at a place in a snapshot needs no inode: its rows go into `rows`, which are
  // written to `into` whenever they are many.
  Result<void> read_references(ImageReader& image);
  Result<void> read_snapshots(ImageReader& image);
  Result<void> read_differences(ImageReader& image, Tables& into, Batch& rows);

  // The inode that a reference of this number leads to.
  Result<InodeId> referred(uint32_t reference) const;
  static void put_parent(InodeId child, InodeId parent, Batch& scratch);

  // Whether there is anything to ask for, before the first is asked.
  bool any() const { return references_ + left_ > 0; }
  // The entry of an inode, where there is nothing else.
  Result<std::optional<InodeHistory::Entry>> entry_in_tree(InodeId inode, const std::string& name) const;
  // Of an inode, once. The name of its entry is `name`.
  Result<InodeHistory> of(InodeId inode, InodeType type, const std::string& name);
  // In order of ids, with their roots' children still to be counted.
  const std::map<SnapshotId, SnapshotRow>& snapshots() const { return snapshots_; }
  bool is_snapshottable(InodeId directory) const { return snapshottable_.contains(directory); }
  size_t snapshottable_count() const { return snapshottable_.size(); }
  uint32_t next_snapshot() const { return next_snapshot_; }
  // After all inodes: kCorruptFormat where something was about an inode that is not there.
  Result<void> check_all_taken() const;

 private:
  using DiffSection = hadoop::hdfs::fsimage::SnapshotDiffSection;

  Result<hadoop::hdfs::fsimage::INodeReferenceSection::INodeReference> reference(uint32_t number) const;
  Result<void> read_file_differences(ImageSection& section, const DiffSection::DiffEntry& entry);
  Result<void> read_directory_differences(ImageSection& section, const DiffSection::DiffEntry& entry, Batch& rows);
  Result<void> put_deleted(InodeId directory, const DiffSection::DirectoryDiff& difference);
  void put_place(InodeId inode, SnapshotId snapshot, InodeId directory, const std::string& reference);
  Result<void> write_when_many(size_t rows_max);
  Result<std::vector<InodeHistory::Place>> places_of(InodeId inode) const;
  Result<std::vector<InodeHistory::Difference>> differences_of(InodeId inode, InodeType type) const;
  Result<InodeHistory::Difference> difference(InodeId inode, InodeType type, std::string_view bytes) const;
  // The newest snapshot that has the directory, where that is not in the tree.
  Result<std::optional<SnapshotId>> newest_of(InodeId directory);
  Result<std::optional<InodeId>> parent_of(InodeId inode) const;

  Tables& scratch_;
  const ImageNames& names_;
  Batch found_;
  std::map<SnapshotId, SnapshotRow> snapshots_;
  std::set<InodeId> snapshottable_;
  uint32_t next_snapshot_ = 0;
  uint32_t references_ = 0;
  uint64_t left_ = 0;  // what no inode has taken
};

}  // namespace dfs::namenode
