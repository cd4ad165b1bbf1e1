#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "namenode/store/tables.h"

namespace dfs::namenode {

// Changes of tables that are still to be written, over the tables: the newest state as a View. A row that many calls of
// a batch change (a counter, a busy directory, the last applied transaction) is so written once.
//
// Of the one thread that writes the tables. What is not settled is in no moment and in no flush.
class PendingRows final : public View {
 public:
  // `tables` outlives this object.
  explicit PendingRows(Tables& tables) : tables_(tables) {}

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override;
  Result<InodePtr> inode(std::string_view entry_key) const override;
  Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                           const std::vector<std::string>& keys) const override;
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override;
  using View::scan;

  // As Tables::write(). An error is one of the tables, of this batch or of earlier ones.
  Result<void> write(Batch batch, TransactionId applied);
  // Of keys and values that are to be written.
  size_t bytes() const { return bytes_; }
  // Writes all of it as one batch.
  Result<void> settle();

 private:
  // As in a Batch::Change.
  struct Row {
    std::optional<std::string> value{};
    InodePtr inode{};
    std::optional<std::string> bytes() const;
    size_t size() const;
  };
  using Rows = std::map<std::string, Row, std::less<>>;

  Tables& tables_;
  std::array<Rows, kTableCount> rows_;
  size_t bytes_ = 0;
  TransactionId applied_ = kNoTransaction;  // by what is to be written
};

}  // namespace dfs::namenode
