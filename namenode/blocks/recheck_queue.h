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

// Blocks whose replicas are to be compared with what their files ask for: single blocks, and walks over a file, a
// storage or all blocks, of which only the position is kept. Lives on the namespace thread.
class RecheckQueue {
 public:
  struct Entry {
    BlockId block{};
    std::string delete_hint;  // DataNode uuid whose replica goes first if there are too many
  };
  void add(BlockId block, std::string delete_hint = {});
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

  std::unordered_map<BlockId, std::string> singles_;
  std::deque<BlockId> order_;
  std::deque<Walk> walks_;
};

}  // namespace dfs::namenode
