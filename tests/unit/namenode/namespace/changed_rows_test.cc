#include "namenode/namespace/changed_rows.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace dfs::namenode {
namespace {

using Model = std::map<std::pair<Table, std::string>, std::optional<std::string>>;

// Few rows and many, as a map has them.
TEST(ChangedRows, AreFoundAndScannedAsThoseOfAMap) {
  std::mt19937 random(3);
  for (size_t count : {0, 1, 12, 31, 32, 33, 34, 500}) {
    ChangedRows rows;
    Model model;
    std::vector<std::pair<Table, std::string>> order;
    while (model.size() < count) {
      const Table table = random() % 2 == 0 ? Table::kEntries : Table::kMeta;
      const std::string key = std::to_string(random() % (count * 2));
      std::optional<std::string> value;
      if (random() % 3 != 0) value = std::to_string(random());
      rows.put(table, key, {.value = value});
      if (model.insert_or_assign({table, key}, value).second) order.emplace_back(table, key);
    }
    for (Table table : {Table::kEntries, Table::kMeta, Table::kRetries}) {
      for (size_t key = 0; key < count * 2 + 2; ++key) {
        const RowContent* found = rows.find(table, std::to_string(key));
        auto wanted = model.find({table, std::to_string(key)});
        ASSERT_EQ(found != nullptr, wanted != model.end()) << count << ' ' << key;
        if (found != nullptr) EXPECT_EQ(found->bytes(), wanted->second);
      }
      for (std::string prefix : {"", "1", "12", "9"}) {
        for (std::string from : {"", "12", "15", "99"}) {
          std::vector<std::string> is, wanted;
          for (const Batch::Change* row : rows.in_order(table, prefix, from)) is.push_back(row->key);
          for (const auto& [name, value] : model) {
            if (name.first == table && name.second.starts_with(prefix) && name.second >= from) {
              wanted.push_back(name.second);
            }
          }
          EXPECT_EQ(is, wanted) << count << ' ' << prefix << ' ' << from;
        }
      }
    }
    Batch batch;
    batch.put(Table::kMeta, "before", std::string("x"));
    batch.put(rows.take());
    ASSERT_EQ(batch.changes().size(), count + 1);
    for (size_t i = 0; i < count; ++i) {
      const Batch::Change& change = batch.changes()[i + 1];
      EXPECT_EQ(std::pair(change.table, change.key), order[i]);
      EXPECT_EQ(change.bytes(), model.at(order[i]));
    }
    EXPECT_EQ(rows.find(Table::kMeta, "1"), nullptr);
  }
}

}  // namespace
}  // namespace dfs::namenode
