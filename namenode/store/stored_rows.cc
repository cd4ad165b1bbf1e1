#include "namenode/store/stored_rows.h"

#include <rocksdb/cache.h>
#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "namenode/store/manifest_tail.h"
#include "namenode/store/row_cache.h"
#include "namenode/store/rows.h"
#include "proto/base/bytes.h"
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
// Also there: all rows of the table that can be cut (see CutRows) before this are gone.
constexpr std::string_view kCutEnd = "cut_end";
constexpr Table kCutTable = Table::kRetries;

// How files are called that are made to be added: RocksDB knows no such, and leaves them alone.
constexpr std::string_view kIncoming = ".incoming";

Error store_error(std::string_view what, const rocksdb::Status& status) {
  return {status.IsCorruption() ? ErrorCode::kCorruptFormat : ErrorCode::kIo,
          "tables: " + std::string(what) + ": " + status.ToString()};
}

// The name of a MANIFEST is durable before CURRENT says it: RocksDB syncs the two names together.
class DurableNames final : public rocksdb::FileSystemWrapper {
 public:
  explicit DurableNames(const std::shared_ptr<rocksdb::FileSystem>& target) : FileSystemWrapper(target) {}
  const char* Name() const override { return "DurableNames"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = target()->NewWritableFile(name, options, file, debug);
    const size_t slash = name.rfind('/');
    if (!status.ok() || !name.substr(slash + 1).starts_with("MANIFEST-")) return status;
    std::unique_ptr<rocksdb::FSDirectory> directory;
    status = target()->NewDirectory(name.substr(0, slash), options.io_options, &directory, debug);
    return status.ok() ? directory->Fsync(options.io_options, debug) : status;
  }

  // While it lives, table files that its thread deletes stay. When it does not know whether files that it added are in
  // the MANIFEST, RocksDB deletes them, and could not be opened again if they are; what is left over, a start deletes.
  class KeepingTables {
   public:
    KeepingTables() { keeping_ = true; }
    ~KeepingTables() { keeping_ = true; }
    KeepingTables(const KeepingTables&) = delete;
    KeepingTables& operator=(const KeepingTables&) = delete;
  };
  rocksdb::IOStatus DeleteFile(const std::string& name, const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override {
    if (keeping_ && name.ends_with(".sst")) return rocksdb::IOStatus::OK();
    return target()->DeleteFile(name, options, debug);
  }

 private:
  static thread_local bool keeping_;
};
thread_local bool DurableNames::keeping_ = false;

// What was cut off: rows before an end, which goes into a compaction's filter and not into a range deletion of RocksDB.
// (Debian's RocksDB has assertions, and one fails when a compaction has nothing but range deletions to write and
// cannot.) Views hide such rows; a compaction leaves them out.
class CutRows final : public rocksdb::CompactionFilterFactory {
 public:
  const char* Name() const override { return "CutRows"; }
  std::unique_ptr<rocksdb::CompactionFilter> CreateCompactionFilter(
      const rocksdb::CompactionFilter::Context&) override {
    return std::make_unique<UpTo>(end());
  }
  std::string end() const {
    std::lock_guard lock(mutex_);
    return end_;
  }
  void move_to(std::string end) {
    std::lock_guard lock(mutex_);
    end_ = std::move(end);
  }

 private:
  class UpTo final : public rocksdb::CompactionFilter {
   public:
    explicit UpTo(std::string end) : end_(std::move(end)) {}
    const char* Name() const override { return "CutRows"; }
    bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice&, std::string*, bool*) const override {
      return key.ToStringView() < end_;
    }

   private:
    const std::string end_;
  };
  mutable std::mutex mutex_;
  std::string end_;
};
// A table file whose rows may all be cut is written anew after so long, if nothing else does that.
constexpr uint64_t kCutFilesLastSeconds = 3600;

// Compactions as they end, well or not.
class Compactions final : public rocksdb::EventListener {
 public:
  // Waits until `behind()` is false, or they do not go on.
  template <class Behind>
  void wait_while(const Behind& behind) {
    std::unique_lock lock(mutex_);
    while (!failed_ && behind()) ended_.wait(lock);
  }

 private:
  void OnCompactionCompleted(rocksdb::DB*, const rocksdb::CompactionJobInfo&) override {
    std::lock_guard lock(mutex_);
    ended_.notify_all();
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
    log::error("tables: background work failed: {}", status->ToString());
    std::lock_guard lock(mutex_);
    failed_ = true;
    ended_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable ended_;
  bool failed_ = false;
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

// What was read lately. An inode takes more room than its bytes, and is what is wanted most.
struct Caches {
  explicit Caches(uint64_t bytes) : inodes(bytes / 2), children(bytes / 4), rows(bytes / 4) {}
  RowCache<InodePtr> inodes;
  RowCache<ChildrenPtr> children;  // of directories, by the beginning of their keys
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
  // That it is not there is not kept: the filters of the files tell it, and mostly the name is about to be made.
  if (status.IsNotFound()) return InodePtr();
  if (!status.ok()) return fail(store_error("read", status));
  DFS_TRY(InodePtr inode, decode_inode(value.ToStringView()));
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

// The children of a directory that were read together.
Result<ChildrenPtr> read_children(rocksdb::Iterator& rows, std::string_view prefix) {
  constexpr size_t kChildrenMax = 1'000;
  std::vector<Child> children;
  for (rows.Seek(prefix); rows.Valid(); rows.Next()) {
    if (children.size() == kChildrenMax) return ChildrenPtr();
    DFS_TRY(InodePtr inode, decode_inode(rows.value().ToStringView()));
    children.push_back({rows.key().ToString(), std::move(inode)});
  }
  if (!rows.status().ok()) return fail(store_error("scan", rows.status()));
  return std::make_shared<const std::vector<Child>>(std::move(children));
}

constexpr int kCacheShardBits = 4;

class StoredMoment final : public View {
 public:
  StoredMoment(std::shared_ptr<rocksdb::DB> db, const Families& families, std::shared_ptr<Caches> caches,
               uint64_t version, std::string cut_end)
      : db_(std::move(db)),
        families_(families),
        caches_(std::move(caches)),
        version_(version),
        cut_end_(std::move(cut_end)),
        snapshot_(db_->GetSnapshot()) {
    options_.snapshot = snapshot_;
  }
  ~StoredMoment() override { db_->ReleaseSnapshot(snapshot_); }
  StoredMoment(const StoredMoment&) = delete;
  StoredMoment& operator=(const StoredMoment&) = delete;

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    if (is_cut(table, key)) return std::nullopt;
    return read_cached(*caches_, version_, *db_, options_, families_[size_t(table)], table, key);
  }
  Result<InodePtr> inode(std::string_view entry_key) const override {
    return read_inode(*caches_, version_, *db_, options_, families_[size_t(Table::kEntries)], entry_key);
  }
  Result<std::vector<std::optional<std::string>>> get_many(Table table,
                                                           const std::vector<std::string>& keys) const override {
    DFS_TRY(auto values, read_many(*db_, options_, families_[size_t(table)], keys));
    for (size_t i = 0; i < keys.size(); ++i) {
      if (is_cut(table, keys[i])) values[i].reset();
    }
    return values;
  }
  Result<void> scan(Table table, std::string_view prefix, std::string_view from,
                    const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    return in_range(table, prefix, [&](rocksdb::Iterator& rows) -> Result<void> {
      for (rows.Seek(std::max(from, prefix)); rows.Valid(); rows.Next()) {
        if (is_own(table, rows.key()) || is_cut(table, rows.key().ToStringView())) continue;
        if (!visit(rows.key().ToStringView(), rows.value().ToStringView())) return {};
      }
      return {};
    });
  }
  Result<void> scan_inodes(std::string_view prefix, std::string_view from,
                           const std::function<bool(std::string_view, const InodePtr&)>& visit) const override {
    const std::string_view begin = std::max(prefix, from);
    if (begin == prefix && prefix.size() == sizeof(InodeId)) {
      DFS_TRY(ChildrenPtr children, children_of(prefix));
      if (children) {
        for (const Child& child : *children) {
          if (!visit(child.key, child.inode)) return {};
        }
        return {};
      }
    }
    return in_range(Table::kEntries, prefix, [&](rocksdb::Iterator& rows) -> Result<void> {
      for (rows.Seek(begin); rows.Valid(); rows.Next()) {
        DFS_TRY(InodePtr inode, decode_inode(rows.value().ToStringView()));
        if (!visit(rows.key().ToStringView(), inode)) return {};
      }
      return {};
    });
  }

 private:
  static bool is_own(Table table, const rocksdb::Slice& key) {
    return table == Table::kMeta && (key == rocksdb::Slice(kLastApplied) || key == rocksdb::Slice(kCutEnd));
  }
  bool is_cut(Table table, std::string_view key) const { return table == kCutTable && key < cut_end_; }

  template <class Visit>
  Result<void> in_range(Table table, std::string_view prefix, const Visit& visit) const {
    const std::string end = end_of(prefix);
    const rocksdb::Slice bound(end);
    rocksdb::ReadOptions options = options_;
    if (!end.empty()) options.iterate_upper_bound = &bound;
    std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator(options, families_[size_t(table)]));
    DFS_TRY_OK(visit(*rows));
    if (!rows->status().ok()) return fail(store_error("scan", rows->status()));
    return {};
  }

  // Null for a directory that has too many.
  Result<ChildrenPtr> children_of(std::string_view prefix) const {
    if (auto known = caches_->children.find(Table::kEntries, prefix, version_)) return *std::move(known);
    ChildrenPtr children;
    DFS_TRY_OK(in_range(Table::kEntries, prefix, [&](rocksdb::Iterator& rows) -> Result<void> {
      DFS_TRY(children, read_children(rows, prefix));
      return {};
    }));
    caches_->children.offer(Table::kEntries, prefix, children, version_);
    return children;
  }

  std::shared_ptr<rocksdb::DB> db_;
  const Families families_;
  std::shared_ptr<Caches> caches_;
  const uint64_t version_;
  const std::string cut_end_;
  const rocksdb::Snapshot* snapshot_;
  rocksdb::ReadOptions options_;
};

std::string value_of(TransactionId applied) {
  std::string value(8, '\0');
  store_big_endian(value.data(), raw(applied));
  return value;
}

class RocksdbRows final : public StoredRows {
 public:
  RocksdbRows(std::shared_ptr<rocksdb::DB> db, const Families& families, uint64_t row_cache_bytes,
              std::string directory, std::shared_ptr<CutRows> cut, std::shared_ptr<Compactions> compactions,
              TransactionId applied)
      : db_(std::move(db)),
        families_(families),
        caches_(std::make_shared<Caches>(row_cache_bytes)),
        directory_(std::move(directory)),
        cut_(std::move(cut)),
        compactions_(std::move(compactions)),
        applied_(applied) {}

  std::shared_ptr<const View> moment() override {
    return std::make_shared<StoredMoment>(db_, families_, caches_, version_, cut_->end());
  }
  Result<std::string> last_key(Table table) override {
    std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}, families_[size_t(table)]));
    rows->SeekToLast();
    if (!rows->status().ok()) return fail(store_error("scan", rows->status()));
    return rows->Valid() ? rows->key().ToString() : std::string();
  }
  TransactionId last_applied() const override { return applied_; }

  Result<void> add(const RecentRows& rows, TransactionId applied) override {
    // A name of its own for each: where one could not be deleted it is another name of a table that is in use.
    ++pieces_;
    std::vector<rocksdb::IngestExternalFileArg> added;
    for (size_t table = 0; table < kTableCount; ++table) {
      if (Table(table) != Table::kMeta && !rows.has_rows(Table(table))) continue;
      rocksdb::IngestExternalFileArg& file = added.emplace_back();
      file.column_family = families_[table];
      file.external_files = {fmt::format("{}/{}-{}{}", directory_, kFamilies[table], pieces_, kIncoming)};
      file.options.move_files = true;
      DFS_TRY_OK(write_file(rows, Table(table), applied, file.external_files.front()));
    }
    // One that is lower than before counts from before, and one that is higher from after the rows are there.
    const std::string cut_end = rows.cut_end(kCutTable);
    if (!cut_end.empty()) cut_->move_to(std::min(cut_end, cut_->end()));
    rocksdb::Status status;
    {
      DurableNames::KeepingTables keeping;
      status = db_->IngestExternalFiles(added);
    }
    if (!status.ok()) return fail(store_error("write", status));
    if (!cut_end.empty()) cut_->move_to(cut_end);
    compactions_->wait_while([&] { return is_behind(); });
    forget(rows);
    applied_ = applied;
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

 private:
  // Nobody else slows down who writes.
  bool is_behind() {
    constexpr int kFilesMax = 24;  // that each lookup may have to ask; compactions begin at four
    return std::ranges::any_of(families_, [&](rocksdb::ColumnFamilyHandle* family) {
      std::string files;
      return db_->GetProperty(family, "rocksdb.num-files-at-level0", &files) && std::stoi(files) > kFilesMax;
    });
  }
  // What the file is to hold of `table`.
  Result<void> write_file(const RecentRows& rows, Table table, TransactionId applied, const std::string& path) {
    rocksdb::ColumnFamilyHandle* family = families_[size_t(table)];
    const rocksdb::Options options = db_->GetOptions(family);
    rocksdb::SstFileWriter file(rocksdb::EnvOptions(options), options, family);
    rocksdb::Status status = file.Open(path);
    auto add = [&](const std::string& key, const RowContent& value) {
      if (!status.ok()) return;
      if (const std::optional<std::string> bytes = value.bytes()) {
        status = file.Put(key, *bytes);
      } else {
        status = file.Delete(key);
      }
    };
    if (table == Table::kMeta) {
      std::map<std::string, RowContent> all;
      rows.for_each(table, [&](const std::string& key, const RowContent& value) { all.emplace(key, value); });
      all.insert_or_assign(std::string(kLastApplied), RowContent{.value = value_of(applied)});
      if (std::string end = rows.cut_end(kCutTable); !end.empty()) {
        all.insert_or_assign(std::string(kCutEnd), RowContent{.value = std::move(end)});
      }
      for (const auto& [key, value] : all) add(key, value);
    } else {
      rows.for_each(table, add);
    }
    if (status.ok()) status = file.Finish();
    if (!status.ok()) return fail(store_error("write " + path, status));
    return {};
  }

  // What was known of rows that have changed: whoever looks at the next version reads them anew, most of them never.
  void forget(const RecentRows& rows) {
    ++version_;
    std::string directory;
    rows.for_each(Table::kEntries, [&](const std::string& key, const RowContent&) {
      caches_->inodes.forget(Table::kEntries, key, version_);
      if (std::string_view parent = std::string_view(key).substr(0, sizeof(InodeId)); parent != directory) {
        directory = parent;
        caches_->children.forget(Table::kEntries, directory, version_);
      }
    });
    for (size_t table = 0; table < kTableCount; ++table) {
      if (!is_cached(Table(table))) continue;
      rows.for_each(Table(table), [&](const std::string& key, const RowContent&) {
        caches_->rows.forget(Table(table), key, version_);
      });
    }
  }

  std::shared_ptr<rocksdb::DB> db_;
  const Families families_;
  std::shared_ptr<Caches> caches_;
  const std::string directory_;
  const std::shared_ptr<CutRows> cut_;
  const std::shared_ptr<Compactions> compactions_;
  uint64_t pieces_ = 0;
  TransactionId applied_;
  uint64_t version_ = 0;
};

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions options;
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  // Indexes and filters are whole and stay in memory, some two bytes for a row: most names that are looked up to be
  // made are not there, and to know that takes no look into the cache then.
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

// What a process that was killed left of files that were not added.
Result<void> remove_incoming(rocksdb::FileSystem& files, const std::string& directory) {
  std::vector<std::string> left;
  rocksdb::IOStatus status = files.GetChildren(directory, {}, &left, nullptr);
  for (const std::string& name : left) {
    if (status.ok() && name.ends_with(kIncoming)) status = files.DeleteFile(directory + "/" + name, {}, nullptr);
  }
  if (!status.ok()) return fail(store_error("clear " + directory, status));
  return {};
}

}  // namespace

Result<std::optional<TransactionId>> StoredRows::last_applied_in(const std::string& directory) {
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

Result<std::unique_ptr<StoredRows>> StoredRows::open(const std::shared_ptr<rocksdb::FileSystem>& under,
                                                     const std::string& directory, CacheBytes bounds) {
  auto files = std::make_shared<DurableNames>(without_torn_manifest_tails(under));
  // RocksDB keeps only a pointer to the environment: it lives as long as the database (see the deleter below).
  std::shared_ptr<rocksdb::Env> env = rocksdb::NewCompositeEnv(files);

  rocksdb::DBOptions options;
  options.env = env.get();
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.info_log_level = rocksdb::WARN_LEVEL;
  options.max_manifest_file_size = 64 << 20;  // is read whole, see manifest_tail.h
  options.max_log_file_size = 4 << 20;
  options.keep_log_file_num = 3;
  auto compactions = std::make_shared<Compactions>();
  options.listeners.push_back(compactions);

  auto cache = rocksdb::NewLRUCache(bounds.at_least - bounds.at_least / 2, kCacheShardBits);
  auto cut = std::make_shared<CutRows>();
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const char* name : kFamilies) descriptors.emplace_back(name, family_options(cache));
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, family_options(cache));
  descriptors[size_t(kCutTable)].options.compaction_filter_factory = cut;
  descriptors[size_t(kCutTable)].options.periodic_compaction_seconds = kCutFilesLastSeconds;
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
  DFS_TRY_OK(remove_incoming(*files, directory));
  TransactionId applied = kNoTransaction;
  DFS_TRY(auto found, read(*db, {}, families[size_t(Table::kMeta)], kLastApplied));
  if (found) {
    if (found->size() != 8)
      return fail(ErrorCode::kCorruptFormat, directory + ": the last applied transaction is damaged");
    applied = TransactionId{load_big_endian<uint64_t>(found->data())};
  }
  DFS_TRY(auto cut_end, read(*db, {}, families[size_t(Table::kMeta)], kCutEnd));
  cut->move_to(std::move(cut_end).value_or(std::string()));
  uint64_t file_bytes = 0;
  for (rocksdb::ColumnFamilyHandle* family : families) {
    uint64_t of_family = 0;
    if (db->GetIntProperty(family, rocksdb::DB::Properties::kTotalSstFilesSize, &of_family)) file_bytes += of_family;
  }
  const uint64_t cache_bytes = std::clamp(file_bytes * 3 / 2, bounds.at_least, bounds.at_most);
  cache->SetCapacity(cache_bytes - cache_bytes / 2);
  return std::make_unique<RocksdbRows>(std::move(db), families, cache_bytes / 2, directory, std::move(cut),
                                       std::move(compactions), applied);
}

}  // namespace dfs::namenode
