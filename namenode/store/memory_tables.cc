#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "namenode/store/tables.h"
#include "proto/base/check.h"

namespace dfs::namenode {
namespace {

// Every value a row has had since the oldest moment that somebody still looks at, oldest first.
struct Version {
  uint64_t sequence;
  std::optional<std::string> value;
};

class MemoryState {
 public:
  void write(const Batch& batch, TransactionId applied) {
    std::unique_lock lock(mutex_);
    ++sequence_;
    for (const Batch::Cut& cut : batch.cuts()) {
      Rows& rows = rows_[size_t(cut.table)];
      for (auto row = rows.begin(); row != rows.end() && row->first < cut.end; ++row) {
        set(cut.table, row->first, row->second, std::nullopt);
      }
    }
    for (const Batch::Change& change : batch.changes()) {
      set(change.table, change.key, rows_[size_t(change.table)][change.key], change.bytes());
    }
    if (applied != kNoTransaction) {
      DFS_CHECK(applied > applied_);
      applied_ = applied;
    }
    drop_unseen();
  }

  std::optional<std::string> get(Table table, std::string_view key, uint64_t at) const {
    std::shared_lock lock(mutex_);
    const Rows& rows = rows_[size_t(table)];
    auto found = rows.find(key);
    if (found == rows.end()) return std::nullopt;
    return value_at(found->second, at);
  }

  using Row = std::pair<std::string, std::string>;
  // Up to `count_max` rows from `from` on (after it where `after` is set), while they start with `prefix`.
  std::vector<Row> rows_from(Table table, std::string_view prefix, const std::string& from, bool after, uint64_t at,
                             size_t count_max) const {
    std::shared_lock lock(mutex_);
    const Rows& rows = rows_[size_t(table)];
    std::vector<Row> found;
    for (auto row = after ? rows.upper_bound(from) : rows.lower_bound(from);
         row != rows.end() && row->first.starts_with(prefix) && found.size() < count_max; ++row) {
      if (std::optional<std::string> value = value_at(row->second, at)) found.emplace_back(row->first, *value);
    }
    return found;
  }

  uint64_t pin() {
    std::unique_lock lock(mutex_);
    pinned_.insert(sequence_);
    return sequence_;
  }
  void unpin(uint64_t sequence) {
    std::unique_lock lock(mutex_);
    pinned_.erase(pinned_.find(sequence));
  }

  TransactionId last_applied() const {
    std::shared_lock lock(mutex_);
    return applied_;
  }
  void mark_durable() {
    std::unique_lock lock(mutex_);
    durable_ = applied_;
  }
  TransactionId durable_applied() const {
    std::shared_lock lock(mutex_);
    return durable_;
  }

 private:
  using Rows = std::map<std::string, std::vector<Version>, std::less<>>;
  struct Superseding {
    uint64_t sequence;
    Table table;
    std::string key;
  };

  void set(Table table, const std::string& key, std::vector<Version>& versions, std::optional<std::string> value) {
    if (!versions.empty() && versions.back().sequence == sequence_) {
      versions.back().value = std::move(value);
      return;
    }
    versions.push_back({sequence_, std::move(value)});
    superseded_.push_back({sequence_, table, key});
  }

  static std::optional<std::string> value_at(const std::vector<Version>& versions, uint64_t at) {
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
      if (version->sequence <= at) return version->value;
    }
    return std::nullopt;
  }

  // A version is unseen once every pinned moment is at or after the one that followed it.
  void drop_unseen() {
    const uint64_t oldest = pinned_.empty() ? sequence_ : *pinned_.begin();
    while (!superseded_.empty() && superseded_.front().sequence <= oldest) {
      Rows& rows = rows_[size_t(superseded_.front().table)];
      if (auto row = rows.find(superseded_.front().key); row != rows.end()) {
        std::vector<Version>& versions = row->second;
        while (versions.size() > 1 && versions[1].sequence <= oldest) versions.erase(versions.begin());
        if (versions.size() == 1 && !versions[0].value && versions[0].sequence <= oldest) rows.erase(row);
      }
      superseded_.pop_front();
    }
  }

  mutable std::shared_mutex mutex_;
  std::array<Rows, kTableCount> rows_;
  std::deque<Superseding> superseded_;
  std::multiset<uint64_t> pinned_;
  uint64_t sequence_ = 0;
  TransactionId applied_ = kNoTransaction;
  TransactionId durable_ = kNoTransaction;
};

class MemorySnapshot final : public View {
 public:
  explicit MemorySnapshot(std::shared_ptr<MemoryState> state) : state_(std::move(state)), sequence_(state_->pin()) {}
  ~MemorySnapshot() override { state_->unpin(sequence_); }
  MemorySnapshot(const MemorySnapshot&) = delete;
  MemorySnapshot& operator=(const MemorySnapshot&) = delete;

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return state_->get(table, key, sequence_);
  }

  // Rows are copied out a few at a time, so that `visit` runs without the lock and may read in turn.
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    constexpr size_t kRowsAtOnce = 64;
    std::string next(std::max(prefix, from));
    for (bool after = false;; after = true) {
      const std::vector<MemoryState::Row> rows = state_->rows_from(table, prefix, next, after, sequence_, kRowsAtOnce);
      for (const auto& [key, value] : rows) {
        if (!visit(key, value)) return {};
      }
      if (rows.size() < kRowsAtOnce) return {};
      next = rows.back().first;
    }
  }

 private:
  std::shared_ptr<MemoryState> state_;
  uint64_t sequence_;
};

class MemoryTables final : public Tables {
 public:
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return state_->get(table, key, UINT64_MAX);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return MemorySnapshot(state_).scan(table, prefix, from, visit);
  }
  Result<void> write(const Batch& batch, TransactionId applied) override {
    state_->write(batch, applied);
    return {};
  }
  std::shared_ptr<const View> snapshot() override { return std::make_shared<MemorySnapshot>(state_); }
  TransactionId last_applied() const override { return state_->last_applied(); }
  Result<void> flush() override {
    state_->mark_durable();
    return {};
  }
  Result<void> copy_to(const std::string& directory) override {
    return fail(ErrorCode::kUnsupported, "tables in memory cannot be copied to " + directory);
  }
  TransactionId durable_applied() const override { return state_->durable_applied(); }

 private:
  std::shared_ptr<MemoryState> state_ = std::make_shared<MemoryState>();
};

}  // namespace

std::unique_ptr<Tables> Tables::in_memory() {
  return std::make_unique<MemoryTables>();
}

}  // namespace dfs::namenode
