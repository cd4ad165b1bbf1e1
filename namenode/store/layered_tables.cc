#include "namenode/store/layered_tables.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "namenode/store/known_names.h"
#include "namenode/store/noted_calls.h"
#include "namenode/store/recent_rows.h"
#include "namenode/store/rows.h"
#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

// So much is written to the disk as one piece.
constexpr size_t kPieceBytes = 96 << 20;
// And with so much more the writer waits for the piece before.
constexpr size_t kWaitingBytesMax = 2 * kPieceBytes;
constexpr size_t kKnownNamesMax = 1 << 20;  // some 16 bytes each
constexpr uint64_t kNewest = UINT64_MAX;
constexpr uint64_t kStoredState = uint64_t(1) << 63;

// What a reader looks through, from above.
struct Layers {
  std::shared_ptr<RecentRows> active;
  std::shared_ptr<RecentRows> frozen;  // on its way to the disk; may be null
  std::shared_ptr<const View> stored;  // null: nothing is below
  uint64_t pieces = 0;                 // that have been stored

  std::optional<RowContent> find(Table table, std::string_view key, uint64_t version) const {
    std::optional<RowContent> found = active->find(table, key, version);
    if (!found && frozen) found = frozen->find(table, key, version);
    return found;
  }
  Result<std::optional<std::string>> get(Table table, std::string_view key, uint64_t version) const {
    if (const std::optional<RowContent> found = find(table, key, version)) return found->bytes();
    if (!stored) return std::nullopt;
    return stored->get(table, key);
  }
  Result<InodePtr> inode(std::string_view key, uint64_t version) const {
    if (const std::optional<RowContent> found = find(Table::kEntries, key, version)) return found->decoded();
    if (!stored) return InodePtr();
    return stored->inode(key);
  }
  uint64_t state_of_children(std::string_view directory, uint64_t version) const {
    uint64_t newest = active->newest_child(directory);
    if (newest == 0 && frozen) newest = frozen->newest_child(directory);
    if (newest > version) return 0;
    return newest != 0 ? newest : kStoredState | pieces;
  }
  Result<std::vector<std::optional<std::string>>> get_many(Table table, const std::vector<std::string>& keys,
                                                           uint64_t version) const {
    std::vector<std::optional<std::string>> values(keys.size());
    std::vector<std::string> asked;
    std::vector<size_t> places;
    for (size_t i = 0; i < keys.size(); ++i) {
      if (const std::optional<RowContent> found = find(table, keys[i], version)) {
        values[i] = found->bytes();
      } else if (stored) {
        asked.push_back(keys[i]);
        places.push_back(i);
      }
    }
    if (asked.empty()) return values;
    DFS_TRY(auto answers, stored->get_many(table, asked));
    for (size_t i = 0; i < places.size(); ++i) values[places[i]] = std::move(answers[i]);
    return values;
  }
};

// The rows of one layer in order, fetched some at a time, so that whoever visits them may read in turn.
class LayerCursor {
 public:
  LayerCursor(const RecentRows* rows, Table table, std::string_view prefix, std::string_view from, uint64_t version)
      : rows_(rows), table_(table), prefix_(prefix), version_(version) {
    if (rows_ != nullptr) more_ = rows_->rows_from(table_, prefix_, from, false, version_, kRowsAtOnce, fetched_);
  }
  bool valid() const { return at_ < fetched_.size(); }
  const RecentRows::Row& row() const { return fetched_[at_]; }
  void next() {
    if (++at_ < fetched_.size() || !more_) return;
    const std::string last = std::move(fetched_.back().key);
    fetched_.clear();
    at_ = 0;
    more_ = rows_->rows_from(table_, prefix_, last, true, version_, kRowsAtOnce, fetched_);
  }

 private:
  static constexpr size_t kRowsAtOnce = 128;
  const RecentRows* rows_;
  const Table table_;
  const std::string_view prefix_;
  const uint64_t version_;
  std::vector<RecentRows::Row> fetched_;
  size_t at_ = 0;
  bool more_ = false;
};

// A scan through all layers. `show(key, RowContent)` and `show_stored(key, what the stored row is)` return false to end
// it; `scan_stored(visit)` scans what is below.
template <class Show, class ScanStored>
Result<void> scan_layers(const Layers& layers, Table table, std::string_view prefix, std::string_view from,
                         uint64_t version, const Show& show, const ScanStored& scan_stored) {
  const std::string_view begin = std::max(prefix, from);
  LayerCursor active(layers.active.get(), table, prefix, begin, version);
  LayerCursor frozen(layers.frozen.get(), table, prefix, begin, version);
  auto is_cut = [&](std::string_view key) {
    return layers.active->is_cut(table, key, version) || (layers.frozen && layers.frozen->is_cut(table, key, version));
  };
  bool go_on = true;
  // Rows of the layers up to `key`. Whether they hide the stored one of that key.
  auto show_up_to = [&](std::optional<std::string_view> key) {
    bool hidden = false;
    while (go_on && !hidden && (active.valid() || frozen.valid())) {
      const bool from_active = active.valid() && (!frozen.valid() || active.row().key <= frozen.row().key);
      const RecentRows::Row& row = from_active ? active.row() : frozen.row();
      if (key && std::string_view(row.key) > *key) return false;
      hidden = key && row.key == *key;
      const bool shadows = from_active && frozen.valid() && frozen.row().key == row.key;
      const bool gone = row.value.is_gone() || (!from_active && layers.active->is_cut(table, row.key, version));
      if (!gone) go_on = show(row);
      if (shadows) frozen.next();
      from_active ? active.next() : frozen.next();
    }
    return hidden;
  };
  if (layers.stored) {
    DFS_TRY_OK(scan_stored([&](std::string_view key, const auto& show_stored) {
      if (!show_up_to(key) && go_on && !is_cut(key)) go_on = show_stored();
      return go_on;
    }));
  }
  if (go_on) show_up_to(std::nullopt);
  return {};
}

Result<void> scan_bytes(const Layers& layers, Table table, std::string_view prefix, std::string_view from,
                        uint64_t version, const std::function<bool(std::string_view, std::string_view)>& visit) {
  return scan_layers(
      layers, table, prefix, from, version,
      [&](const RecentRows::Row& row) {
        return row.value.inode ? visit(row.key, encode(*row.value.inode)) : visit(row.key, *row.value.value);
      },
      [&](const auto& each) {
        return layers.stored->scan(table, prefix, from, [&](std::string_view key, std::string_view value) {
          return each(key, [&] { return visit(key, value); });
        });
      });
}

Result<void> scan_decoded(const Layers& layers, std::string_view prefix, std::string_view from, uint64_t version,
                          const std::function<bool(std::string_view, const InodePtr&)>& visit) {
  Result<void> outcome;
  DFS_TRY_OK(scan_layers(
      layers, Table::kEntries, prefix, from, version,
      [&](const RecentRows::Row& row) {
        Result<InodePtr> decoded = row.value.decoded();
        if (!decoded) outcome = std::unexpected(std::move(decoded).error());
        return decoded && visit(row.key, *decoded);
      },
      [&](const auto& each) {
        return layers.stored->scan_inodes(prefix, from, [&](std::string_view key, const InodePtr& inode) {
          return each(key, [&] { return visit(key, inode); });
        });
      }));
  return outcome;
}

class Moment final : public View {
 public:
  Moment(Layers layers, uint64_t version, std::shared_ptr<PinnedVersions> pins)
      : layers_(std::move(layers)), version_(version), pins_(std::move(pins)) {
    pins_->add(version_);
  }
  ~Moment() override { pins_->remove(version_); }
  Moment(const Moment&) = delete;
  Moment& operator=(const Moment&) = delete;

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return layers_.get(table, key, version_);
  }
  Result<InodePtr> inode(std::string_view entry_key) const override { return layers_.inode(entry_key, version_); }
  Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                           const std::vector<std::string>& keys) const override {
    return layers_.get_many(table, keys, version_);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return scan_bytes(layers_, table, prefix, from, version_, visit);
  }
  Result<void> scan_inodes(std::string_view prefix, std::string_view from,
                           const std::function<bool(std::string_view, const InodePtr&)>& visit) const override {
    return scan_decoded(layers_, prefix, from, version_, visit);
  }
  uint64_t state_of_children(std::string_view directory) const override {
    return layers_.state_of_children(directory, version_);
  }

 private:
  const Layers layers_;
  const uint64_t version_;
  const std::shared_ptr<PinnedVersions> pins_;
};

// What the thread of the tables is told: that a layer is frozen, and which layers nobody reads any more. To free the
// rows of one takes a while, and the last to read it may be a thread with better things to do.
class Mailbox {
 public:
  void layer_is_frozen() {
    std::lock_guard lock(mutex_);
    frozen_ = true;
    changed_.notify_one();
  }
  void nobody_reads(RecentRows* rows) {
    std::unique_ptr<RecentRows> unread(rows);
    std::lock_guard lock(mutex_);
    if (!open_) return;
    unread_.push_back(std::move(unread));
    changed_.notify_one();
  }
  void close() {
    std::lock_guard lock(mutex_);
    open_ = false;
    changed_.notify_one();
  }
  // Returns when there is a frozen layer (true), or it was closed.
  bool wait() {
    while (true) {
      std::vector<std::unique_ptr<RecentRows>> unread;  // goes without the lock
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return !open_ || frozen_ || !unread_.empty(); });
      unread.swap(unread_);
      if (!open_) return false;
      if (std::exchange(frozen_, false)) return true;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  bool frozen_ = false;
  std::vector<std::unique_ptr<RecentRows>> unread_;
};

// Inodes that the writing thread has just looked for, there or not: a call is planned and then applied, each from the
// root of its path on, and the next call has much of that path too.
class JustLookedFor {
 public:
  // Null: not known here.
  const InodePtr* find(std::string_view key) const {
    const Known& known = at(key);
    return known.key == key ? &known.inode : nullptr;
  }
  void add(std::string_view key, const InodePtr& inode) {
    Known& known = at(key);
    known.key = key;
    known.inode = inode;
  }
  // Before the row is written.
  void note(std::string_view key, const RowContent& content) {
    Known& known = at(key);
    if (known.key != key) return;
    if (content.value) known.key.clear();
    known.inode = content.inode;
  }

 private:
  // No key of an entry is empty.
  struct Known {
    std::string key;
    InodePtr inode;
  };
  static size_t place_of(std::string_view key) { return std::hash<std::string_view>()(key) % kPlaces; }
  Known& at(std::string_view key) { return known_[place_of(key)]; }
  const Known& at(std::string_view key) const { return known_[place_of(key)]; }

  static constexpr size_t kPlaces = 4096;
  std::array<Known, kPlaces> known_;
};

class LayeredTables final : public Tables {
 public:
  LayeredTables(std::unique_ptr<StoredRows> stored, std::string_view last_retry, DurableGate gate)
      : stored_(std::move(stored)),
        gate_(std::move(gate)),
        pins_(std::make_shared<PinnedVersions>()),
        calls_(last_retry) {
    layers_.active = fresh_rows();
    if (!stored_) return;
    layers_.stored = stored_->moment();
    applied_ = durable_ = stored_->last_applied();
    thread_ = std::thread([this] { run(); });
  }
  ~LayeredTables() override {
    mailbox_->close();
    if (thread_.joinable()) thread_.join();
  }

  // The lock is held while tables on disk are read: what it keeps off is a flush, and nobody waits for that.
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    std::lock_guard lock(mutex_);
    if (table == Table::kRetries && calls_.is_new(key)) return std::nullopt;
    return layers_.get(table, key, kNewest);
  }
  Result<InodePtr> inode(std::string_view entry_key) const override {
    std::lock_guard lock(mutex_);
    if (const InodePtr* known = just_looked_for_.find(entry_key)) return *known;
    if (names_.lacks(entry_key)) return InodePtr();
    DFS_TRY(InodePtr inode, layers_.inode(entry_key, kNewest));
    just_looked_for_.add(entry_key, inode);
    return inode;
  }
  Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                           const std::vector<std::string>& keys) const override {
    return layers().get_many(table, keys, kNewest);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return scan_bytes(layers(), table, prefix, from, kNewest, visit);
  }
  Result<void> scan_inodes(std::string_view prefix, std::string_view from,
                           const std::function<bool(std::string_view, const InodePtr&)>& visit) const override {
    return scan_decoded(layers(), prefix, from, kNewest, visit);
  }

  Result<void> write(Batch batch, TransactionId applied) override {
    std::lock_guard lock(mutex_);
    if (failure_) return fail(*failure_);
    RecentRows& rows = *layers_.active;
    for (const Batch::Cut& cut : batch.cuts()) {
      rows.cut(cut.table, cut.end, version_);
      if (cut.table == Table::kRetries) calls_.forget_before(cut.end);
    }
    for (Batch::Change& change : batch.take_changes()) {
      if (change.table == Table::kEntries) note_entry(change);
      if (change.table == Table::kRetries) calls_.note(change.key);
      rows.write(change.table, std::move(change.key), static_cast<RowContent&&>(change), version_);
    }
    if (applied != kNoTransaction) applied_ = applied;
    if (stored_ && !layers_.frozen && rows.bytes() >= kPieceBytes) freeze();
    return {};
  }

  void wait_for_room() override {
    std::unique_lock lock(mutex_);
    stored_changed_.wait(lock,
                         [&] { return failure_ || !layers_.frozen || layers_.active->bytes() < kWaitingBytesMax; });
  }

  std::shared_ptr<const View> snapshot() override {
    std::lock_guard lock(mutex_);
    return std::make_shared<Moment>(layers_, version_++, pins_);
  }

  TransactionId last_applied() const override {
    std::lock_guard lock(mutex_);
    return applied_;
  }
  TransactionId durable_applied() const override {
    std::lock_guard lock(mutex_);
    return durable_;
  }

  Result<void> flush() override {
    std::unique_lock lock(mutex_);
    if (!stored_) {
      durable_ = applied_;
      return {};
    }
    stored_changed_.wait(lock, [&] { return failure_ || !layers_.frozen; });
    if (failure_) return fail(*failure_);
    if (layers_.active->bytes() == 0 && applied_ == durable_) return {};
    const std::shared_ptr<RecentRows> own = layers_.active;
    freeze();
    stored_changed_.wait(lock, [&] { return failure_ || layers_.frozen != own; });
    if (failure_ && layers_.frozen == own) return fail(*failure_);
    return {};
  }

  Result<void> copy_to(const std::string& directory) override {
    if (!stored_) return fail(ErrorCode::kUnsupported, "tables in memory cannot be copied to " + directory);
    DFS_TRY_OK(flush());
    return stored_->copy_to(directory);
  }

 private:
  // Before it is written.
  void note_entry(const Batch::Change& change) {
    just_looked_for_.note(change.key, change);
    if (!change.is_gone()) names_.add(change.key);
    if (!change.inode || change.inode->type != InodeType::kDirectory || change.inode->child_count > 0) return;
    names_.is_empty(raw(change.inode->id));
  }
  std::shared_ptr<RecentRows> fresh_rows() {
    auto* rows = new RecentRows(pins_);
    return {rows, [mailbox = mailbox_](RecentRows* unread) { mailbox->nobody_reads(unread); }};
  }
  Layers layers() const {
    std::lock_guard lock(mutex_);
    return layers_;
  }
  // With the lock; nothing is frozen.
  void freeze() {
    layers_.frozen = std::exchange(layers_.active, fresh_rows());
    frozen_applied_ = applied_;
    mailbox_->layer_is_frozen();
  }

  void run() {
    pthread_setname_np(pthread_self(), "tables");
    while (mailbox_->wait()) {
      std::shared_ptr<RecentRows> rows;
      TransactionId applied = kNoTransaction;
      {
        std::lock_guard lock(mutex_);
        rows = layers_.frozen;
        applied = frozen_applied_;
      }
      Result<void> stored = gate_(applied)
                                ? stored_->add(*rows, applied)
                                : fail(ErrorCode::kIo, "the edit log has failed: the tables are not written any more");
      std::shared_ptr<const View> former;  // goes without the lock
      std::lock_guard lock(mutex_);
      if (stored) {
        former = std::exchange(layers_.stored, stored_->moment());
        layers_.frozen.reset();
        ++layers_.pieces;
        durable_ = applied;
      } else {
        log::error("{}", stored.error().message());
        failure_ = std::move(stored).error();
      }
      stored_changed_.notify_all();
    }
  }

  const std::unique_ptr<StoredRows> stored_;
  const DurableGate gate_;
  const std::shared_ptr<PinnedVersions> pins_;
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();

  mutable std::mutex mutex_;
  std::condition_variable stored_changed_;
  Layers layers_;
  mutable JustLookedFor just_looked_for_;
  mutable KnownNames names_{kKnownNamesMax};
  NotedCalls calls_;
  uint64_t version_ = 1;  // of what is being written
  TransactionId applied_ = kNoTransaction, frozen_applied_ = kNoTransaction, durable_ = kNoTransaction;
  std::optional<Error> failure_;

  std::thread thread_;
};

}  // namespace

std::unique_ptr<Tables> Tables::in_memory() {
  return std::make_unique<LayeredTables>(nullptr, std::string_view(), DurableGate());
}

Result<std::optional<TransactionId>> Tables::last_applied_in(const std::string& directory) {
  return StoredRows::last_applied_in(directory);
}

Result<std::unique_ptr<Tables>> Tables::open_rocksdb(const std::string& directory, CacheBytes cache, DurableGate gate) {
  return open_rocksdb_on(rocksdb::FileSystem::Default(), directory, cache, std::move(gate));
}

Result<std::unique_ptr<Tables>> open_rocksdb_on(const std::shared_ptr<rocksdb::FileSystem>& files,
                                                const std::string& directory, CacheBytes cache,
                                                Tables::DurableGate gate) {
  DFS_TRY(auto stored, StoredRows::open(files, directory, cache));
  DFS_TRY(const std::string last_retry, stored->last_key(Table::kRetries));
  return std::make_unique<LayeredTables>(std::move(stored), last_retry, std::move(gate));
}

}  // namespace dfs::namenode
