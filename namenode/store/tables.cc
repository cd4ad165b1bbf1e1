#include "namenode/store/tables.h"

namespace dfs::namenode {

Result<std::vector<std::optional<std::string>>> View::get_many(Table table,
                                                               const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> values;
  values.reserve(keys.size());
  for (const std::string& key : keys) {
    DFS_TRY(values.emplace_back(), get(table, key));
  }
  return values;
}

}  // namespace dfs::namenode
