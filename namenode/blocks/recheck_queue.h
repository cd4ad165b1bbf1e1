#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "namenode/store/rows.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// DataNodes by uuid: one got a replica, which the other is to give up in exchange if there are too many.
struct ReplicaMove {
  std::string from{};
  std::string to{};
};

// Blocks whose replicas are to be compared with what their files ask for: single blocks, and walks over a file, a
// storage or all blocks, of which only the position is kept. Lives on the namespace thread.
class RecheckQueue {
 public:
  struct Entry {
    BlockId block{};
    ReplicaMove move{};
  };
  void add(BlockId block, ReplicaMove move = {});
  void add_file(InodeId file);
  void add_storage(StorageNumber storage);
  void add_all_blocks();

  // Up to `count_max` blocks, single ones first.
  Result<std::vector<Entry>> next(const View& view, size_t count_max);
  bool empty() const { return order_.empty() && walks_.empty(); }

 private:
  struct Walk {
    Table table;
    std::string prefix;
    std::string from;  // the first key not yet seen
    bool operator==(const Walk&) const = default;
  };
  void add_walk(Table table, std::string prefix);

  std::unordered_map<BlockId, ReplicaMove> singles_;
  std::deque<BlockId> order_;
  std::deque<Walk> walks_;
};

}  // namespace dfs::namenode
