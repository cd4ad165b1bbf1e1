#pragma once

#include <memory>
#include <string>

#include "namenode/image/image_folder.h"
#include "namenode/settings.h"
#include "proto/base/error.h"
#include "proto/io/disk.h"
#include "proto/io/stream.h"

namespace dfs::namenode {

// The composition root: owns the parts of a NameNode, wires them and decides nothing.
//
// start() opens the tables, replays what the edit log has beyond them and serves; stop() answers what is in hand and
// closes everything. Both on the thread that owns it, once each.
class NameNode {
 public:
  enum class Format { kOnlyEmpty, kOverWhatIsThere };
  // Prepares the folders for a new cluster whose superuser is this process's user. `cluster_id` empty: made at random.
  static Result<void> format(const NameNodeSettings& settings, std::string cluster_id, Format how);
  // Whether any of the folders has been formatted.
  static Result<bool> is_formatted(const NameNodeSettings& settings);

  // `disk`: where the edit log is written and whose space is watched; outlives this. `open_tables`: how those are
  // opened in their folder.
  explicit NameNode(NameNodeSettings settings, Disk& disk = Disk::posix(),
                    OpenTables open_tables = Tables::open_rocksdb);
  ~NameNode();

  Result<void> start();
  void stop();

  // Valid after start(): the ports are those taken.
  Endpoint rpc_endpoint() const;
  Endpoint http_endpoint() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace dfs::namenode
