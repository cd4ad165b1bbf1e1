#pragma once

#include "namenode/namespace/operations/snapshots.h"
#include "namenode/namespace/snapshot_queries.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"

namespace dfs::namenode {

class SnapshotFixture : public NamespaceFixture {
 protected:
  Result<Done> allow(const std::string& directory, const Caller* who = nullptr) {
    return run(operations::allow_snapshot, operations::AllowSnapshot{directory}, who ? *who : root);
  }
  Result<Done> disallow(const std::string& directory, const Caller* who = nullptr) {
    return run(operations::disallow_snapshot, operations::DisallowSnapshot{directory}, who ? *who : root);
  }
  Result<std::string> take(const std::string& directory, const std::string& name, const Caller* who = nullptr) {
    return run(operations::create_snapshot, operations::CreateSnapshot{directory, name}, who ? *who : root);
  }
  Result<Done> rename_snapshot(const std::string& directory, const std::string& from, const std::string& to) {
    return run(operations::rename_snapshot, operations::RenameSnapshot{directory, from, to});
  }
  Result<Done> drop(const std::string& directory, const std::string& name) {
    return run(operations::delete_snapshot, operations::DeleteSnapshot{directory, name});
  }
  Result<Done> move(const std::string& from, const std::string& to) {
    return run(operations::rename, operations::RenameWithOptions{.source = from, .destination = to});
  }
  Result<bool> remove(const std::string& path) {
    return run(operations::remove, operations::Delete{.path = path, .recursive = true});
  }
  Result<bool> truncate(const std::string& path, uint64_t length) {
    return run(operations::truncate, operations::Truncate{.path = path, .new_length = length, .holder = "t"});
  }
  Result<Done> chmod(const std::string& path, uint16_t permission) {
    return run(operations::set_permission, operations::SetPermission{path, permission});
  }
  // The whole listing, page by page.
  std::vector<FileStatus> listed(const std::string& path, const Caller* who = nullptr) const {
    std::vector<FileStatus> entries;
    for (std::string after;;) {
      auto page = list(query(who ? *who : root), path, after, WithLocations::kNo);
      EXPECT_TRUE(page) << page.error().to_string();
      if (!page || !*page) return entries;
      for (FileStatus& entry : (*page)->entries) entries.push_back(std::move(entry));
      if ((*page)->remaining == 0) return entries;
      after = entries.back().name;
    }
  }
  std::vector<std::string> names(const std::string& path) const {
    std::vector<std::string> found;
    for (const FileStatus& entry : listed(path)) found.push_back(entry.name);
    return found;
  }
  LocatedBlocks located(const std::string& path) const {
    auto opened = block_locations(query(root), path, 0, UINT64_MAX / 2);
    EXPECT_TRUE(opened) << opened.error().to_string();
    return opened ? opened->blocks : LocatedBlocks();
  }
  std::vector<std::string> difference(const std::string& path, const std::string& from, const std::string& to) const {
    auto report = snapshot_diff(query(root), {path, from, to});
    EXPECT_TRUE(report) << report.error().to_string();
    std::vector<std::string> lines;
    if (!report) return lines;
    for (const auto& entry : report->entries) {
      std::string line = std::string(1, char(entry.type)) + " " + (entry.path.empty() ? "." : entry.path);
      if (entry.type == DiffType::kRename) line += " -> " + entry.target;
      lines.push_back(line);
    }
    return lines;
  }
  size_t rows(Table table) const {
    size_t found = 0;
    EXPECT_TRUE(tables->scan(table, "", [&](auto, auto) { return ++found > 0; }));
    return found;
  }
  bool has_block(BlockId block) const {
    auto owner = find_owner(*tables, block);
    return owner && *owner;
  }
};

}  // namespace dfs::namenode
