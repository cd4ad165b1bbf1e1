#include "namenode/store/rocksdb_tables.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <array>
#include <atomic>

#include "namenode/store/manifest_tail.h"
#include "namenode/store/row_cache.h"
#include "namenode/store/rows.h"
#include "namenode/store/tables.h"
#include "proto/base/bytes.h"
#include "proto/base/check.h"
#include "proto/base/log.h"
#include "proto/io/disk.h"

namespace dfs::namenode {
namespace {

constexpr std::array<const char*, kTableCount> kFamilies = {
    "entries",       "inode_index",       "file_blocks",
    "block_index",   "replicas",          "storage_replicas",
    "storages",      "open_files",        "meta",
    "quota_usage",   "retries",           "snapshots",
    "versions",      "versions_of_inode", "versions_of_snapshot",
    "block_versions"};
// In the table kMeta, beside the counters: the last transaction that the batch before applied.
constexpr std::string_view kLastApplied = "last_applied";

Error store_error(std::string_view what, const rocksdb::Status& status) {
  return {status.IsCorruption() ? ErrorCode::kCorruptFormat : ErrorCode::kIo,
          "tables: " + std::string(what) + ": " + status.ToString()};
}

// Refuses to make files once `poisoned`: what RocksDB then wants to flush must not reach the disk. The name of a
// MANIFEST is durable before CURRENT says it: RocksDB syncs the two names together.
class GatedFiles final : public rocksdb::FileSystemWrapper {
 public:
  GatedFiles(const std::shared_ptr<rocksdb::FileSystem>& target, std::shared_ptr<const std::atomic<bool>> poisoned)
      : FileSystemWrapper(target), poisoned_(std::move(poisoned)) {}
  const char* Name() const override { return "GatedFiles"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    if (*poisoned_) return rocksdb::IOStatus::IOError("the edit log has failed: nothing is flushed any more");
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, debug);
    const size_t slash = name.rfind('/');
    if (!status.ok() || !name.substr(slash + 1).starts_with("MANIFEST-")) return status;
    std::unique_ptr<rocksdb::FSDirectory> directory;
    status = target()->NewDirectory(name.substr(0, slash), options.io_options, &directory, debug);
    return status.ok() ? directory->Fsync(options.io_options, debug) : status;
  }

 private:
  std::shared_ptr<const std::atomic<bool>> poisoned_;
};

// Lets a flush begin only when everything written before it is durable in the journal. RocksDB calls this with its
// mutex released and, with atomic_flush, before the memtables of the flush are written; those were closed before, so
// they hold nothing newer than `last_applied` is now.
class FlushGate final : public rocksdb::EventListener {
 public:
  FlushGate(Tables::DurableGate gate, std::shared_ptr<const std::atomic<uint64_t>> last_applied,
            std::shared_ptr<std::atomic<bool>> poisoned)
      : gate_(std::move(gate)), last_applied_(std::move(last_applied)), poisoned_(std::move(poisoned)) {}

  void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    if (!gate_(TransactionId{last_applied_->load()})) *poisoned_ = true;
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    log::error("tables: background work failed: {}", status->ToString());
  }

 private:
  Tables::DurableGate gate_;
  std::shared_ptr<const std::atomic<uint64_t>> last_applied_;
  std::shared_ptr<std::atomic<bool>> poisoned_;
};

using Families = std::array<rocksdb::ColumnFamilyHandle*, kTableCount>;

Result<std::optional<std::string>> read(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                        rocksdb::ColumnFamilyHandle* family, std::string_view key) {
  std::string value;
  rocksdb::Status status = db.Get(options, family, key, &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return fail(store_error("read", status));
  return value;
}

// Answers to repeated calls are asked for once, and hardly ever found. Replicas are scanned, and a report of many would
// push out what is read. Inodes are cached as such.
constexpr bool is_cached(Table table) {
  return table != Table::kRetries && table != Table::kReplicas && table != Table::kStorageReplicas &&
         table != Table::kEntries;
}

// What was read or written lately. An inode takes more room than its bytes, and is what is wanted most.
struct Caches {
  explicit Caches(uint64_t bytes) : inodes(bytes - bytes / 4), rows(bytes / 4) {}
  RowCache<InodePtr> inodes;
  RowCache<std::optional<std::string>> rows;
};

// Through the caches where they know the row at `version`.
Result<std::optional<std::string>> read_cached(Caches& caches, uint64_t version, rocksdb::DB& db,
                                               const rocksdb::ReadOptions& options, rocksdb::ColumnFamilyHandle* family,
                                               Table table, std::string_view key) {
  if (!is_cached(table)) return read(db, options, family, key);
  if (auto known = caches.rows.find(table, key, version)) return *std::move(known);
  DFS_TRY(std::optional<std::string> value, read(db, options, family, key));
  caches.rows.offer(table, key, value, version);
  return value;
}

Result<InodePtr> read_inode(Caches& caches, uint64_t version, rocksdb::DB& db, const rocksdb::ReadOptions& options,
                            rocksdb::ColumnFamilyHandle* family, std::string_view key) {
  if (auto known = caches.inodes.find(Table::kEntries, key, version)) return *std::move(known);
  rocksdb::PinnableSlice value;
  rocksdb::Status status = db.Get(options, family, key, &value);
  InodePtr inode;
  if (status.ok()) {
    DFS_TRY(inode, decode_inode(value.ToStringView()));
  } else if (!status.IsNotFound()) {
    return fail(store_error("read", status));
  }
  caches.inodes.offer(Table::kEntries, key, inode, version);
  return inode;
}

// Past the cache: whoever reads many rows reads them once.
Result<std::vector<std::optional<std::string>>> read_many(rocksdb::DB& db, const rocksdb::ReadOptions& options,
                                                          rocksdb::ColumnFamilyHandle* family,
                                                          const std::vector<std::string>& keys) {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> found(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  db.MultiGet(options, family, keys.size(), slices.data(), found.data(), statuses.data());
  std::vector<std::optional<std::string>> values(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return fail(store_error("read", statuses[i]));
    values[i] = found[i].ToString();
  }
  return values;
}

// The first key after all keys that start with `prefix`; empty where there is none.
std::string end_of(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && uint8_t(end.back()) == 0xff) end.pop_back();
  if (!end.empty()) end.back() = char(uint8_t(end.back()) + 1);
  return end;
}

Result<void> visit_rows(rocksdb::DB& db, rocksdb::ReadOptions options, rocksdb::ColumnFamilyHandle* family,
                        std::string_view prefix, std::string_view from,
                        const std::function<bool(std::string_view, std::string_view)>& visit) {
  const std::string end = end_of(prefix);
  const rocksdb::Slice bound(end);
  if (!end.empty()) options.iterate_upper_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(options, family));
  for (rows->Seek(std::max(from, prefix)); rows->Valid(); rows->Next()) {
    if (!visit(rows->key().ToStringView(), rows->value().ToStringView())) return {};
  }
  if (!rows->status().ok()) return fail(store_error("scan", rows->status()));
  return {};
}

// Of all tables together, before they are flushed.
constexpr size_t kMemtableBytesMax = 128 << 20;
constexpr int kCacheShardBits = 4;
constexpr double kHighPriorityShare = 0.3;  // of the block cache, for what finds rows

class Moment final : public View {
 public:
  Moment(std::shared_ptr<rocksdb::DB> db, const Families& families, std::shared_ptr<Caches> caches, uint64_t version)
      : db_(std::move(db)),
        families_(families),
        caches_(std::move(caches)),
        version_(version),
        snapshot_(db_->GetSnapshot()) {
    options_.snapshot = snapshot_;
  }
  ~Moment() override { db_->ReleaseSnapshot(snapshot_); }

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return read_cached(*caches_, version_, *db_, options_, families_[size_t(table)], table, key);
  }
  Result<InodePtr> inode(std::string_view entry_key) const override {
    return read_inode(*caches_, version_, *db_, options_, families_[size_t(Table::kEntries)], entry_key);
  }
  Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                           const std::vector<std::string>& keys) const override {
    return read_many(*db_, options_, families_[size_t(table)], keys);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return visit_rows(*db_, options_, families_[size_t(table)], prefix, from, visit);
  }

 private:
  std::shared_ptr<rocksdb::DB> db_;
  const Families families_;
  std::shared_ptr<Caches> caches_;
  const uint64_t version_;
  const rocksdb::Snapshot* snapshot_;
  rocksdb::ReadOptions options_;
};

class RocksdbTables final : public Tables {
 public:
  RocksdbTables(std::shared_ptr<rocksdb::DB> db, const Families& families, uint64_t row_cache_bytes,
                std::shared_ptr<std::atomic<uint64_t>> last_applied)
      : db_(std::move(db)),
        families_(families),
        caches_(std::make_shared<Caches>(row_cache_bytes)),
        last_applied_(std::move(last_applied)) {
    unlogged_.disableWAL = true;
  }

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return read_cached(*caches_, version_, *db_, newest_, families_[size_t(table)], table, key);
  }
  Result<InodePtr> inode(std::string_view entry_key) const override {
    return read_inode(*caches_, version_, *db_, newest_, families_[size_t(Table::kEntries)], entry_key);
  }
  Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                           const std::vector<std::string>& keys) const override {
    return read_many(*db_, {}, families_[size_t(table)], keys);
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return visit_rows(*db_, {}, families_[size_t(table)], prefix, from, visit);
  }

  Result<void> write(const Batch& batch, TransactionId applied) override {
    batch_.Clear();
    rocksdb::Status status;
    for (const Batch::Cut& cut : batch.cuts()) {
      DFS_CHECK(!is_cached(cut.table));
      status = batch_.DeleteRange(families_[size_t(cut.table)], rocksdb::Slice(), cut.end);
      if (!status.ok()) return fail(store_error("write", status));
    }
    for (const Batch::Change& change : batch.changes()) {
      rocksdb::ColumnFamilyHandle* family = families_[size_t(change.table)];
      if (change.inode) {
        status = batch_.Put(family, change.key, encode(*change.inode));
      } else {
        status = change.value ? batch_.Put(family, change.key, *change.value) : batch_.Delete(family, change.key);
      }
      if (!status.ok()) return fail(store_error("write", status));
    }
    if (applied != kNoTransaction) {
      status = batch_.Put(meta(), kLastApplied, value_of(applied));
      if (!status.ok()) return fail(store_error("write", status));
      // Before the write: a flush that begins meanwhile then waits for this transaction too.
      last_applied_->store(raw(applied));
    }
    status = db_->Write(unlogged_, &batch_);
    if (!status.ok()) return fail(store_error("write", status));
    ++version_;
    if (applied != kNoTransaction) caches_->rows.write(Table::kMeta, kLastApplied, value_of(applied), version_);
    for (const Batch::Change& change : batch.changes()) cache(change);
    return {};
  }

  std::shared_ptr<const View> snapshot() override {
    return std::make_shared<Moment>(db_, families_, caches_, version_);
  }
  TransactionId last_applied() const override { return TransactionId{last_applied_->load()}; }

  Result<void> flush() override {
    rocksdb::Status status = db_->Flush({}, {families_.begin(), families_.end()});
    if (!status.ok()) return fail(store_error("flush", status));
    return {};
  }

  Result<void> copy_to(const std::string& directory) override {
    rocksdb::Checkpoint* made = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
    std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
    if (status.ok()) status = checkpoint->CreateCheckpoint(directory);
    if (!status.ok()) return fail(store_error("copy to " + directory, status));
    return {};
  }

  TransactionId durable_applied() const override {
    rocksdb::ReadOptions persisted;
    persisted.read_tier = rocksdb::kPersistedTier;  // without a WAL: what is in files, not in memtables
    auto value = read(*db_, persisted, meta(), kLastApplied);
    if (!value || !*value || (*value)->size() != 8) return kNoTransaction;
    return TransactionId{load_big_endian<uint64_t>((*value)->data())};
  }

 private:
  // What has been written as `version_`.
  void cache(const Batch::Change& change) {
    if (change.table == Table::kEntries) {
      if (change.value) {
        caches_->inodes.pass_by(change.table, change.key, version_);
      } else {
        caches_->inodes.write(change.table, change.key, change.inode, version_);
      }
    } else if (is_cached(change.table)) {
      caches_->rows.write(change.table, change.key, change.value, version_);
    }
  }

  static std::string value_of(TransactionId applied) {
    std::string value(8, '\0');
    store_big_endian(value.data(), raw(applied));
    return value;
  }
  rocksdb::ColumnFamilyHandle* meta() const { return families_[size_t(Table::kMeta)]; }

  std::shared_ptr<rocksdb::DB> db_;
  const Families families_;
  std::shared_ptr<Caches> caches_;
  uint64_t version_ = 0;  // of the writing thread
  std::shared_ptr<std::atomic<uint64_t>> last_applied_;
  const rocksdb::ReadOptions newest_;
  rocksdb::WriteOptions unlogged_;
  rocksdb::WriteBatch batch_;
};

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache, uint64_t cache_bytes) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = std::clamp<size_t>(cache_bytes / 2, 1 << 20, 64 << 20);
  // A closed memtable waits for the gate; writing must go on meanwhile, since the journal may need what follows.
  options.max_write_buffer_number = 8;
  options.compression = rocksdb::kLZ4Compression;
  // Most names that are looked up to be made are not there: that is cheaper to know than to search for.
  options.memtable_prefix_bloom_size_ratio = 0.05;
  options.memtable_whole_key_filtering = true;
  // The rows of a batch come in order, and many are the last of their table: the search begins where the last one lies.
  options.memtable_insert_with_hint_prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(1));
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // In parts: what a lookup needs of the index and the filter of a large table are kilobytes, whole ones would not fit
  // into a shard of the cache and be read each time.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_top_level_index_and_filter = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace

Result<std::optional<TransactionId>> Tables::last_applied_in(const std::string& directory) {
  DFS_TRY(bool there, Disk::posix().exists(directory + "/CURRENT"));
  if (!there) return std::nullopt;
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  descriptors.emplace_back(kFamilies[size_t(Table::kMeta)], rocksdb::ColumnFamilyOptions());
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  const std::unique_ptr<rocksdb::Env> env =
      rocksdb::NewCompositeEnv(without_torn_manifest_tails(rocksdb::FileSystem::Default()));
  rocksdb::DBOptions options;
  options.env = env.get();
  rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options, directory, descriptors, &handles, &opened);
  if (!status.ok()) return fail(store_error("open " + directory, status));
  std::unique_ptr<rocksdb::DB> db(opened);
  auto found = read(*db, {}, handles.front(), kLastApplied);
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    rocksdb::Status dropped = db->DestroyColumnFamilyHandle(handle);
    if (!dropped.ok()) log::warn("tables: close: {}", dropped.ToString());
  }
  DFS_TRY(std::optional<std::string> value, std::move(found));
  return value && value->size() == 8 ? TransactionId{load_big_endian<uint64_t>(value->data())} : kNoTransaction;
}

Result<std::unique_ptr<Tables>> Tables::open_rocksdb(const std::string& directory, uint64_t cache_bytes,
                                                     DurableGate gate) {
  return open_rocksdb_on(rocksdb::FileSystem::Default(), directory, cache_bytes, std::move(gate));
}

Result<std::unique_ptr<Tables>> open_rocksdb_on(const std::shared_ptr<rocksdb::FileSystem>& under,
                                                const std::string& directory, uint64_t cache_bytes,
                                                Tables::DurableGate gate) {
  auto last_applied = std::make_shared<std::atomic<uint64_t>>(0);
  auto poisoned = std::make_shared<std::atomic<bool>>(false);
  auto files = std::make_shared<GatedFiles>(without_torn_manifest_tails(under), poisoned);
  // RocksDB keeps only a pointer to the environment: it lives as long as the database (see the deleter below).
  std::shared_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);

  rocksdb::DBOptions options;
  options.env = env.get();
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.atomic_flush = true;
  options.avoid_flush_during_shutdown = true;  // a clean stop flushes by itself
  options.max_background_jobs = 2;
  options.db_write_buffer_size = kMemtableBytesMax;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_manifest_file_size = 64 << 20;  // is read whole, see manifest_tail.h
  options.max_log_file_size = 4 << 20;
  options.keep_log_file_num = 3;
  options.listeners.push_back(std::make_shared<FlushGate>(std::move(gate), last_applied, poisoned));

  auto cache = rocksdb::NewLRUCache(cache_bytes - cache_bytes / 2, kCacheShardBits, false, kHighPriorityShare);
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const char* name : kFamilies) descriptors.emplace_back(name, family_options(cache, cache_bytes));
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(cache, cache_bytes));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  rocksdb::Status status = rocksdb::DB::Open(options, directory, descriptors, &handles, &opened);
  if (!status.ok()) return fail(store_error("open " + directory, status));
  std::shared_ptr<rocksdb::DB> db(opened, [handles, env](rocksdb::DB* closing) {
    for (rocksdb::ColumnFamilyHandle* handle : handles) {
      rocksdb::Status dropped = closing->DestroyColumnFamilyHandle(handle);
      if (!dropped.ok()) log::error("tables: close: {}", dropped.ToString());
    }
    rocksdb::Status closed = closing->Close();
    if (!closed.ok()) log::error("tables: close: {}", closed.ToString());
    delete closing;
  });

  Families families;
  std::copy_n(handles.begin(), kTableCount, families.begin());
  DFS_TRY(auto found, read(*db, {}, families[size_t(Table::kMeta)], kLastApplied));
  if (found) {
    if (found->size() != 8)
      return fail(ErrorCode::kCorruptFormat, directory + ": the last applied transaction is damaged");
    *last_applied = load_big_endian<uint64_t>(found->data());
  }
  return std::make_unique<RocksdbTables>(std::move(db), families, cache_bytes / 2, std::move(last_applied));
}

}  // namespace dfs::namenode
