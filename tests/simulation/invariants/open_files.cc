#include "tests/simulation/invariants/open_files.h"

#include <fmt/format.h>

#include <set>

#include "namenode/store/rows.h"
#include "proto/base/bytes.h"

namespace dfs::simulation {

void check_open_files(Cluster& cluster, History& history) {
  using namespace namenode;
  const Tables& tables = *cluster.tables();
  std::set<InodeId> leased, open;
  (void)tables.scan(Table::kOpenFiles, "", [&](std::string_view key, std::string_view) {
    leased.insert(InodeId(load_big_endian<uint64_t>(key.data())));
    return true;
  });
  (void)tables.scan_inodes("", "", [&](std::string_view, const InodePtr& inode) {
    if (inode->under_construction) open.insert(inode->id);
    return true;
  });
  for (InodeId file : leased) {
    if (!open.contains(file)) history.problem(fmt::format("there is a lease on file {}, which is not open", raw(file)));
  }
  for (InodeId file : open) {
    if (!leased.contains(file)) history.problem(fmt::format("file {} is open, and nobody has a lease", raw(file)));
  }
}

}  // namespace dfs::simulation
