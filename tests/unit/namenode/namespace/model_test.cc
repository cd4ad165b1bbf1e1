#include <random>
#include <set>

#include "namenode/commit/absorb.h"
#include "namenode/commit/replay.h"
#include "namenode/journal/edit_codec.h"
#include "namenode/journal/journal.h"
#include "namenode/namespace/acl.h"
#include "namenode/namespace/operations/acls.h"
#include "namenode/namespace/operations/extended_attributes.h"
#include "namenode/namespace/operations/quotas.h"
#include "namenode/store/layered_tables.h"
#include "proto/io/memory_disk.h"
#include "tests/unit/dose.h"
#include "tests/unit/namenode/namespace/namespace_fixture.h"
#include "tests/unit/namenode/namespace/tree_model.h"
#include "tests/unit/namenode/store/disk_files.h"

namespace dfs::namenode {
namespace {

// Random mutations of all kinds, against TreeModel: each has the outcome that the model says, and now and then the
// whole tree is compared. Edits go through a real journal and the rows into RocksDB, on a disk that loses power now and
// then; what the tables had not flushed is replayed.
class NamespaceModel : public NamespaceFixture, public testing::WithParamInterface<uint32_t> {
 protected:
  using Node = TreeModel::Node;

  NamespaceModel() : model(*find_entry(*fresh_tables(), kNoInode, "").value()) {
    EXPECT_TRUE(Journal::format(disk, journal_settings,
                                StorageVersion{.namespace_id = 1, .cluster_id = "C", .block_pool_id = "BP-1"},
                                Journal::Existing::kRefuse));
    EXPECT_TRUE(disk.make_directories("/name/current/tables", 0700));
    EXPECT_TRUE(disk.sync_directory("/name/current"));
    start();
  }

  Followers followers() { return {blocks, *held, settings, WallTime(std::chrono::milliseconds(wall_ms)), now}; }

  void start() {
    journal = Journal::open(disk, journal_settings).value();
    tables = open_rocksdb_on(std::make_shared<DiskFiles>(disk), "/name/current/tables", 4 << 20, [](TransactionId) {
               return true;
             }).value();
    held.emplace(LeaseTable::Limits{});
    if (!find_entry(*tables, kNoInode, "").value()) {
      Batch batch;
      format_namespace(settings, batch);
      ASSERT_TRUE(tables->write(batch, kNoTransaction));
    }
    Result<void> replayed = replay(*journal, *tables, followers());
    ASSERT_TRUE(replayed) << error_of(replayed);
    ASSERT_TRUE(journal->start_segment());
    ASSERT_TRUE(tables->write(Batch(), journal->last()));
  }
  // What memory knows is gone, and of the tables what they had not flushed.
  void restart() {
    if (random() % 3 != 0) ASSERT_TRUE(tables->flush());
    if (random() % 2 == 0) ASSERT_TRUE(journal->close());
    tables.reset();
    journal.reset();
    disk.lose_power();
    blocks = MemoryBlocks(4);
    start();
  }

  // Plans, logs, applies and answers, as the namespace thread and the journal thread do.
  template <class T, class Request>
  Result<T> run(Result<Planned<T>> (*operation)(const PlanContext&, const Request&), const Request& request) {
    ++wall_ms;
    const PlanContext at{*tables, settings, root, blocks, *held, WallTime(std::chrono::milliseconds(wall_ms)), now};
    DFS_TRY(Planned<T> planned, operation(at, request));
    if (!planned.locations.empty()) DFS_TRY_OK(tables->write(planned.locations, kNoTransaction));
    const TransactionId first = next(tables->last_applied());
    TransactionId last = tables->last_applied();
    std::string bytes;
    for (EditRecord& record : planned.records) {
      const Edit edit{last = next(last), std::move(record)};
      EXPECT_TRUE(encode_edit(edit, bytes));
      DFS_TRY_OK(apply_and_absorb(edit, *tables, followers()));
    }
    if (!bytes.empty()) {
      EXPECT_TRUE(journal->append(bytes, first, last));
      EXPECT_TRUE(journal->sync());
    }
    return std::move(planned.value);
  }

  template <class T>
  static std::optional<ErrorCode> code_of(const Result<T>& result) {
    return result ? std::nullopt : std::optional(result.error().code());
  }
  // True where the operation was carried out, as the model said it would be.
  template <class T>
  bool as_expected(const char* what, const Result<T>& result, std::optional<ErrorCode> expected) {
    EXPECT_EQ(code_of(result), expected) << what << ": " << error_of(result);
    return result.has_value();
  }

  std::string random_path(size_t depth_max = 3) {
    static const char* const kNames[] = {"a", "b", "c", "d"};
    std::string path;
    for (size_t depth = 1 + random() % depth_max; depth > 0; --depth) path += std::string("/") + kNames[random() % 4];
    return path;
  }
  std::string random_path_without_a_file_on_it() {
    std::string path = random_path();
    while (model.leads_through_a_file(path)) path = random_path();
    return path;
  }
  // Something that is there, mostly.
  std::string some_path() {
    std::string path = random_path_without_a_file_on_it();
    for (int i = 0; i < 5 && model.find(path) == nullptr; ++i) path = random_path_without_a_file_on_it();
    return path;
  }
  std::string some_file() {
    std::string path = some_path();
    for (int i = 0; i < 5; ++i) {
      if (const Node* node = model.find(path); node != nullptr && !node->is_directory()) break;
      path = some_path();
    }
    return path;
  }
  static bool is_file(const Node* node) { return node != nullptr && !node->is_directory(); }

  InodeRow new_row(const Node& directory, InodeType type, uint16_t permission) {
    InodeRow row;
    row.id = InodeId(++last_id);
    row.type = type;
    row.owner = "root";
    row.group = directory.row.group;
    row.permission = permission;
    row.modification_time_ms = wall_ms;
    EXPECT_TRUE(inherit_default_acl(directory.row, row));
    return row;
  }

  void make_directories() {
    const std::string path = random_path_without_a_file_on_it();
    const auto permission = uint16_t(random() % 01000);
    auto made = run(operations::mkdirs, operations::Mkdirs{.path = path, .permission = permission});
    std::optional<ErrorCode> expected;
    if (is_file(model.find(path))) expected = ErrorCode::kFileAlreadyExists;
    Node* directory = &model.root();
    for (size_t end = path.find('/', 1); !expected; end = path.find('/', end + 1)) {
      const std::string at = path.substr(0, end);
      if (Node* there = model.find(at)) {
        directory = there;
      } else if (!(expected = TreeModel::no_room(*directory, {.names = 1}))) {
        const bool is_last = end == path.npos;
        directory = &model.add(*directory, TreeModel::name_of(at),
                               new_row(*directory, InodeType::kDirectory, is_last ? permission : permission | 0300));
      }
      if (end == path.npos) break;
    }
    as_expected("mkdirs", made, expected);
  }

  void write_file() {
    const std::string path = random_path_without_a_file_on_it();
    Node* directory = model.find_parent(path);
    if (directory == nullptr) return;
    operations::Create request{.path = path, .permission = uint16_t(random() % 01000), .holder = "w"};
    request.overwrite = random() % 2 == 0;
    request.replication = uint16_t(1 + random() % 3);
    request.block_size = random() % 4 == 0 ? 50 : 100;
    const Node* there = model.find(path);
    std::optional<ErrorCode> expected;
    if (there != nullptr && (there->is_directory() || !request.overwrite)) {
      expected = ErrorCode::kFileAlreadyExists;
    } else {
      expected = TreeModel::no_room(*directory, {.names = 1}, there ? TreeModel::counts_of(*there) : QuotaCounts());
    }
    if (!as_expected("create", run(operations::create, request), expected)) return;
    if (there != nullptr) (void)model.take(path, wall_ms);
    InodeRow row = new_row(*directory, InodeType::kFile, request.permission);
    row.access_time_ms = wall_ms;
    row.replication = request.replication;
    row.preferred_block_size = request.block_size;
    Node& file = model.add(*directory, TreeModel::name_of(path), std::move(row));
    std::optional<operations::NamedBlock> last;
    for (size_t left = random() % 4; left > 0; --left) {
      if (!add_block(path, file, last)) break;
    }
    close(path, file, last);
  }
  // `last`: the one before, then this one.
  bool add_block(const std::string& path, Node& file, std::optional<operations::NamedBlock>& last) {
    if (random() % 300 == 0) restart();
    auto expected = TreeModel::no_room(
        *file.parent, TreeModel::space(file, file.row.preferred_block_size, TreeModel::policy_of(file)));
    auto added = run(operations::add_block, operations::AddBlock{.path = path, .holder = "w", .previous = last});
    if (!as_expected("addBlock", added, expected)) return false;
    file.blocks.push_back(1 + random() % file.row.preferred_block_size);
    last = named(*added, file.blocks.back());
    return true;
  }
  void close(const std::string& path, Node& file, const std::optional<operations::NamedBlock>& last) {
    if (random() % 300 == 0) restart();
    auto closed = run(operations::complete, operations::Complete{.path = path, .holder = "w", .last = last});
    ASSERT_TRUE(closed && *closed) << path << ": " << error_of(closed);
    file.row.modification_time_ms = wall_ms;
  }

  void append() {
    const std::string path = some_file();
    Node* file = model.find(path);
    const bool new_block = random() % 3 == 0;
    std::optional<ErrorCode> expected;
    if (file == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (file->is_directory()) {
      expected = ErrorCode::kFileAlreadyExists;
    } else if (!file->blocks.empty() && file->blocks.back() < file->row.preferred_block_size) {
      expected = TreeModel::no_room(
          *file->parent,
          TreeModel::space(*file, file->row.preferred_block_size - file->blocks.back(), TreeModel::policy_of(*file)));
    }
    auto appended = run(operations::append, operations::Append{.path = path, .holder = "w", .new_block = new_block});
    if (!as_expected("append", appended, expected)) return;
    std::optional<operations::NamedBlock> last;
    if (appended->last_block) last = named(*appended->last_block, appended->last_block->length);
    if (!new_block && last) {
      uint64_t& length = file->blocks.back();
      EXPECT_EQ(last->length, length);
      length += random() % (file->row.preferred_block_size - length + 1);
      last->length = length;
      if (random() % 2 == 0) restamp(*last);
    } else {
      add_block(path, *file, last);
    }
    close(path, *file, last);
  }
  // As a client does that goes on with a block, or has lost a DataNode of its pipeline.
  void restamp(operations::NamedBlock& block) {
    auto stamped =
        run(operations::update_block_for_pipeline, operations::UpdateBlockForPipeline{.block = block, .holder = "w"});
    ASSERT_TRUE(stamped) << error_of(stamped);
    operations::NamedBlock renewed = block;
    renewed.generation_stamp = stamped->generation_stamp;
    auto done = run(operations::update_pipeline,
                    operations::UpdatePipeline{.holder = "w", .old_block = block, .new_block = renewed});
    ASSERT_TRUE(done) << error_of(done);
    block = renewed;
  }

  void truncate() {
    const std::string path = some_file();
    Node* file = model.find(path);
    if (!is_file(file)) {
      as_expected("truncate", run(operations::truncate, operations::Truncate{.path = path, .holder = "t"}),
                  ErrorCode::kFileNotFound);
      return;
    }
    const uint64_t wanted = random() % (file->length() + 2), before = file->length();
    std::vector<uint64_t> kept;
    uint64_t length = 0;
    for (size_t i = 0; length < wanted && i < file->blocks.size(); ++i) {
      kept.push_back(file->blocks[i]);
      length += kept.back();
    }
    std::optional<ErrorCode> expected;
    if (wanted > before) {
      expected = ErrorCode::kHadoopInvalidArgument;
    } else if (length > wanted) {
      const uint8_t policy = TreeModel::policy_of(*file);
      QuotaCounts more = TreeModel::space(*file, length - kept.back() + file->row.preferred_block_size, policy);
      expected = TreeModel::no_room(*file->parent, more -= TreeModel::space(*file, before, policy));
    }
    auto cut = run(operations::truncate, operations::Truncate{.path = path, .new_length = wanted, .holder = "t"});
    if (!as_expected("truncate", cut, expected) || wanted == before) return;
    EXPECT_EQ(*cut, length == wanted);
    file->row.modification_time_ms = wall_ms;
    file->blocks = std::move(kept);
    if (length == wanted) return;
    file->blocks.back() -= length - wanted;
    recover_the_block();
    file->row.modification_time_ms = wall_ms;
  }
  // As the DataNodes would answer.
  void recover_the_block() {
    ASSERT_EQ(blocks.recoveries.size(), 1);
    const BlockRecovery recovery = blocks.recoveries.begin()->second;
    auto done =
        run(operations::commit_block_synchronization,
            operations::CommitBlockSynchronization{
                .block = {.pool = "BP-1", .id = recovery.block.id, .generation_stamp = recovery.block.generation_stamp},
                .new_generation_stamp = recovery.recovery_stamp,
                .new_length = recovery.truncate_length.value_or(recovery.block.length),
                .close_file = true});
    ASSERT_TRUE(done) << error_of(done);
  }

  void concat() {
    const std::string path = some_file();
    const std::string above = path.substr(0, path.rfind('/'));
    operations::Concat request{.target = path, .sources = {}};
    for (size_t left = 1 + random() % 2; left > 0; --left) {
      const Node* directory = model.find(above);
      const bool of_those_there = directory != nullptr && !directory->children.empty() && random() % 4 != 0;
      request.sources.push_back(
          of_those_there
              ? above + "/" + std::next(directory->children.begin(), long(random() % directory->children.size()))->first
          : random() % 8 == 0 ? some_file()
                              : above + random_path(1));
    }
    Node* target = model.find(path);
    std::optional<ErrorCode> expected;
    std::set<const Node*> distinct;
    QuotaCounts more;
    if (!is_file(target)) expected = ErrorCode::kFileNotFound;
    for (size_t i = 0; i < request.sources.size() && !expected; ++i) {
      Node* source = model.find(request.sources[i]);
      if (!is_file(source)) {
        expected = ErrorCode::kFileNotFound;
      } else if (source->parent != target->parent || source == target || source->blocks.empty() ||
                 source->row.preferred_block_size > target->row.preferred_block_size) {
        expected = ErrorCode::kHadoopInvalidArgument;
      } else {
        distinct.insert(source);
        const uint8_t policy = TreeModel::policy_of(*source);
        more -= TreeModel::space(*source, source->length(), policy);
        const uint16_t replication = std::exchange(source->row.replication, target->row.replication);
        more += TreeModel::space(*source, source->length(), policy);
        source->row.replication = replication;
      }
    }
    if (!expected && distinct.size() < request.sources.size()) expected = ErrorCode::kHadoopInvalidArgument;
    if (!expected) expected = TreeModel::no_room(*target->parent, more);
    if (!as_expected("concat", run(operations::concat, request), expected)) return;
    for (const std::string& source : request.sources) {
      std::unique_ptr<Node> taken = model.take(source, 0);
      target->blocks.insert(target->blocks.end(), taken->blocks.begin(), taken->blocks.end());
    }
    target->row.modification_time_ms = wall_ms;
    TreeModel::touch(*target->parent, wall_ms);
  }

  void remove() {
    const std::string path = some_path();
    const bool recursive = random() % 2 == 0;
    auto removed = run(operations::remove, operations::Delete{.path = path, .recursive = recursive});
    const Node* node = model.find(path);
    std::optional<ErrorCode> expected;
    if (node != nullptr && !recursive && !node->children.empty()) expected = ErrorCode::kPathIsNotEmptyDirectory;
    if (!as_expected("delete", removed, expected)) return;
    EXPECT_EQ(*removed, node != nullptr);
    if (node != nullptr) (void)model.take(path, wall_ms);
  }

  // No room for the move in the directories that are above the destination alone.
  std::optional<ErrorCode> no_room_for(const Node& source, const Node& directory, const Node* replaced) {
    const Node* common = &directory;
    while (!TreeModel::is_in(*source.parent, *common)) common = common->parent;
    const uint8_t policy = TreeModel::policy_of(directory);
    QuotaCounts more = TreeModel::counts_of(source, policy);
    if (replaced != nullptr) more -= TreeModel::counts_of(*replaced, policy);
    return TreeModel::no_room(directory, more, {}, common);
  }
  void move(const std::string& from, const std::string& to) {
    std::unique_ptr<Node> taken = model.take(from, wall_ms);
    model.put(to, std::move(taken), wall_ms);
  }
  void rename_old() {
    const std::string from = some_path(), named = random_path_without_a_file_on_it();
    auto renamed = run(operations::rename_old, operations::Rename{.source = from, .destination = named});
    const Node* source = model.find(from);
    const Node* there = model.find(named);
    const std::string to = there != nullptr && there->is_directory() ? named + "/" + TreeModel::name_of(from) : named;
    const Node* directory = model.find_parent(to);
    const bool nothing_to_do = source != nullptr && from == to;
    const bool moves = source != nullptr && !nothing_to_do && directory != nullptr && model.find(to) == nullptr &&
                       !TreeModel::is_in(*directory, *source);
    auto expected = moves ? no_room_for(*source, *directory, nullptr) : std::nullopt;
    if (!as_expected("rename", renamed, expected)) return;
    EXPECT_EQ(*renamed, moves || nothing_to_do) << from << " to " << named;
    if (moves) move(from, to);
  }
  void rename() {
    const std::string from = some_path(), to = random_path_without_a_file_on_it();
    const bool overwrite = random() % 2 == 0;
    auto renamed = run(operations::rename,
                       operations::RenameWithOptions{.source = from, .destination = to, .overwrite = overwrite});
    const Node* source = model.find(from);
    const Node* there = model.find(to);
    const Node* directory = model.find_parent(to);
    std::optional<ErrorCode> expected;
    if (source == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (from == to) {
      expected = ErrorCode::kFileAlreadyExists;
    } else if (to.starts_with(from + "/") || (there != nullptr && there->is_directory() != source->is_directory())) {
      expected = ErrorCode::kIo;
    } else if (there != nullptr && !overwrite) {
      expected = ErrorCode::kFileAlreadyExists;
    } else if (there != nullptr && !there->children.empty()) {
      expected = ErrorCode::kIo;
    } else if (directory == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else {
      expected = no_room_for(*source, *directory, there);
    }
    if (!as_expected("rename2", renamed, expected)) return;
    if (there != nullptr) (void)model.take(to, 0);
    move(from, to);
  }

  void set_attributes() {
    const std::string path = some_path();
    Node* node = model.find(path);
    const auto missing = node == nullptr ? std::optional(ErrorCode::kFileNotFound) : std::nullopt;
    switch (random() % 4) {
      case 0: {
        const auto permission = uint16_t(random() % 02000);
        auto done = run(operations::set_permission, operations::SetPermission{.path = path, .permission = permission});
        if (as_expected("setPermission", done, missing)) node->row.permission = permission;
        break;
      }
      case 1: {
        operations::SetOwner request{.path = path};
        if (random() % 2 == 0) request.user = "u" + std::to_string(random() % 3);
        if (random() % 2 == 0) request.group = "g" + std::to_string(random() % 3);
        if (!as_expected("setOwner", run(operations::set_owner, request), missing)) break;
        if (request.user) node->row.owner = *request.user;
        if (request.group) node->row.group = *request.group;
        break;
      }
      case 2: {
        operations::SetTimes request{.path = path};
        if (random() % 2 == 0) request.modification_time_ms = int64_t(random() % 3'000'000);
        if (random() % 2 == 0) request.access_time_ms = int64_t(random() % 3'000'000);
        if (!as_expected("setTimes", run(operations::set_times, request), missing)) break;
        if (request.modification_time_ms >= 0) node->row.modification_time_ms = uint64_t(request.modification_time_ms);
        if (request.access_time_ms >= 0) {
          node->row.access_time_ms = uint64_t(request.access_time_ms);
        }
        break;
      }
      default: {
        const auto replication = uint16_t(1 + random() % 4);
        std::optional<ErrorCode> expected;
        if (is_file(node)) {
          const uint8_t policy = TreeModel::policy_of(*node);
          const QuotaCounts before = TreeModel::space(*node, node->length(), policy);
          const uint16_t former = std::exchange(node->row.replication, replication);
          QuotaCounts more = TreeModel::space(*node, node->length(), policy);
          node->row.replication = former;
          expected = TreeModel::no_room(*node->parent, more -= before);
        }
        auto done = run(operations::set_replication, operations::SetReplication{path, replication});
        if (!as_expected("setReplication", done, expected)) break;
        EXPECT_EQ(*done, is_file(node));
        if (is_file(node)) node->row.replication = replication;
      }
    }
  }

  void set_policy() {
    static const std::pair<const char*, uint8_t> kPolicies[] = {
        {"", 0}, {"COLD", 2}, {"WARM", 5}, {"HOT", 7}, {"ONE_SSD", 10}, {"ALL_SSD", 12}, {"LUKEWARM", 0}};
    const std::string path = some_path();
    const auto& [name, id] = kPolicies[random() % 7];
    Node* node = model.find(path);
    std::optional<ErrorCode> expected;
    if (std::string(name) == "LUKEWARM") {
      expected = ErrorCode::kHadoopInvalidArgument;
    } else if (node == nullptr) {
      expected = ErrorCode::kFileNotFound;
    }
    auto done = run(operations::set_storage_policy, operations::SetStoragePolicy{.path = path, .policy = name});
    if (as_expected("setStoragePolicy", done, expected)) node->row.storage_policy = id;
  }

  void set_quota() {
    const std::string path = random() % 8 == 0 ? "/" : some_path();
    auto amount = [&](int64_t unit, uint64_t count) -> int64_t {
      return random() % 3 == 0 ? operations::kQuotaReset : unit * int64_t(1 + random() % count);
    };
    operations::SetQuota request{.path = path};
    if (random() % 3 == 0) {
      request.storage_type = uint8_t(1 + random() % 3);
      request.storage_space_quota = amount(300, 10);
    } else {
      if (random() % 3 != 0) request.namespace_quota = amount(1, 30);
      if (random() % 3 != 0) request.storage_space_quota = amount(500, 20);
    }
    Node* node = model.find(path);
    std::optional<ErrorCode> expected;
    if (node == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (!node->is_directory()) {
      expected = ErrorCode::kPathIsNotDirectory;
    }
    if (!as_expected("setQuota", run(operations::set_quota, request), expected)) return;
    auto set = [](std::optional<uint64_t>& quota, int64_t value) {
      if (value == operations::kQuotaReset) quota.reset();
      if (value >= 0 && value != operations::kQuotaDontSet) quota = uint64_t(value);
    };
    if (!request.storage_type) {
      set(node->row.namespace_quota, request.namespace_quota);
      set(node->row.storage_space_quota, request.storage_space_quota);
      return;
    }
    std::map<uint8_t, std::optional<uint64_t>> quotas;
    for (const TypeQuota& quota : node->row.type_quotas) quotas[quota.storage_type] = quota.bytes;
    set(quotas[*request.storage_type], request.storage_space_quota);
    node->row.type_quotas.clear();
    for (const auto& [type, bytes] : quotas) {
      if (bytes) node->row.type_quotas.push_back({type, *bytes});
    }
  }

  void change_xattr() {
    const std::string path = some_path();
    Node* node = model.find(path);
    ExtendedAttribute xattr{.name_space = uint8_t(random() % 2), .name = "x" + std::to_string(random() % 4)};
    auto there = [&] {
      return std::ranges::find_if(node->row.xattrs, [&](const ExtendedAttribute& one) {
        return one.name_space == xattr.name_space && one.name == xattr.name;
      });
    };
    const bool exists = node != nullptr && there() != node->row.xattrs.end();
    if (random() % 3 == 0) {
      const auto expected = node == nullptr ? std::optional(ErrorCode::kFileNotFound)
                            : exists        ? std::nullopt
                                            : std::optional(ErrorCode::kIo);
      auto done = run(operations::remove_xattr, operations::RemoveXattr{.path = path, .xattr = xattr});
      if (as_expected("removeXAttr", done, expected)) node->row.xattrs.erase(there());
      return;
    }
    xattr.value = std::string(random() % 20, 'v');
    operations::SetXattr request{.path = path, .xattr = xattr};
    request.create = random() % 4 != 0;
    request.replace = !request.create || random() % 2 == 0;
    std::optional<ErrorCode> expected;
    if (node == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (exists ? !request.replace : !request.create) {
      expected = ErrorCode::kIo;
    }
    if (!as_expected("setXAttr", run(operations::set_xattr, request), expected)) return;
    if (exists) {
      there()->value = xattr.value;
    } else {
      node->row.xattrs.push_back(xattr);
    }
  }

  Acl random_entries(AclScope scope) {
    const auto permission = [&] { return uint8_t(random() % 8); };
    Acl entries;
    for (AclType type : {AclType::kUser, AclType::kGroup, AclType::kOther}) {
      entries.push_back({.scope = scope, .type = type, .permission = permission()});
    }
    if (random() % 4 != 0) {
      entries.push_back({.scope = scope, .type = AclType::kUser, .name = "u" + std::to_string(random() % 3)});
      entries.push_back({.scope = scope, .type = AclType::kMask, .permission = permission()});
    }
    return entries;
  }
  // How entries are joined has tests of its own: here only that the outcome is kept.
  void change_acl() {
    const std::string path = some_path();
    Node* node = model.find(path);
    const bool with_default = random() % 3 == 0;
    Acl entries = random_entries(AclScope::kAccess);
    if (with_default) {
      for (AclEntry& entry : random_entries(AclScope::kDefault)) entries.push_back(std::move(entry));
    }
    const Acl existing = node == nullptr ? Acl() : logical_acl(node->row).value();
    Result<Acl> wanted = Acl();
    Result<Done> done = Done{};
    switch (random() % 5) {
      case 0:
        wanted = merge_acl(existing, entries);
        done = run(operations::modify_acl_entries, operations::ModifyAclEntries{.path = path, .entries = entries});
        break;
      case 1:
        entries = {{.type = AclType::kUser, .name = "u" + std::to_string(random() % 3)}};
        wanted = filter_acl(existing, entries);
        done = run(operations::remove_acl_entries, operations::RemoveAclEntries{.path = path, .entries = entries});
        break;
      case 2:
        wanted = without_default_acl(existing);
        done = run(operations::remove_default_acl, operations::RemoveDefaultAcl{.path = path});
        break;
      case 3:
        done = run(operations::remove_acl, operations::RemoveAcl{.path = path});
        break;
      default:
        wanted = replace_acl(existing, entries);
        done = run(operations::set_acl, operations::SetAcl{.path = path, .entries = entries});
    }
    std::optional<ErrorCode> expected;
    if (node == nullptr) {
      expected = ErrorCode::kFileNotFound;
    } else if (!wanted) {
      expected = wanted.error().code();
    } else if (!node->is_directory() && !wanted->empty() && wanted->back().scope == AclScope::kDefault) {
      expected = ErrorCode::kAcl;
    }
    if (!as_expected("setAcl", done, expected)) return;
    if (!wanted->empty()) {
      EXPECT_TRUE(set_acl(node->row, *wanted));
      return;
    }
    for (const AclEntry& entry : existing) {
      if (entry.scope == AclScope::kAccess && entry.type == AclType::kGroup && entry.name.empty()) {
        node->row.permission = uint16_t((node->row.permission & ~070) | entry.permission << 3);
      }
    }
    node->row.acl.clear();
  }

  void step() {
    switch (random() % 20) {
      case 0:
      case 1:
      case 2:
        return make_directories();
      case 3:
      case 4:
      case 5:
        return write_file();
      case 6:
      case 7:
        return append();
      case 8:
        return truncate();
      case 9:
      case 10:
        return concat();
      case 11:
        return remove();
      case 12:
        return rename_old();
      case 13:
        return rename();
      case 14:
        return set_attributes();
      case 15:
        return set_policy();
      case 16:
      case 17:
        return set_quota();
      case 18:
        return change_xattr();
      default:
        if (random() % 8 == 0) {
          as_expected("createSymlink",
                      run(operations::create_symlink, operations::CreateSymlink{.target = "/a", .link = "/link"}),
                      ErrorCode::kUnsupported);
        }
        return change_acl();
    }
  }

  void expect_quota_usage(const Node& directory, const std::string& path, size_t& rows) {
    const bool wanted = directory.row.id == kRootInode || directory.row.has_quota();
    auto row = find_quota_usage(*tables, directory.row.id).value();
    EXPECT_EQ(row.has_value(), wanted) << path;
    if (!wanted || !row) return;
    ++rows;
    QuotaCounts counts = TreeModel::counts_of(directory);
    if (directory.row.id == kRootInode && directory.row.type_quotas.empty()) counts.types = {};
    EXPECT_EQ(row->names, counts.names) << path;
    EXPECT_EQ(row->space, counts.space) << path;
    EXPECT_EQ(row->types, counts.types) << path;
  }

  void expect_model() {
    uint64_t files = 0, directories = 1, block_count = 0;
    size_t usage_rows = 0;
    auto compare = [&](const std::string& path, const Node& node, InodeId parent) {
      auto found = find_entry(*tables, parent, TreeModel::name_of(path)).value();
      ASSERT_TRUE(found) << path;
      const InodeRow wanted = node.whole_row();
      EXPECT_EQ(*found, wanted) << path << " differs: mode " << found->permission << " for " << wanted.permission
                                << ", mtime " << found->modification_time_ms << " for " << wanted.modification_time_ms
                                << ", id " << raw(found->id) << " for " << raw(wanted.id) << ", children "
                                << found->child_count << " for " << wanted.child_count << ", length " << found->length
                                << " for " << wanted.length;
      EXPECT_EQ(find_entry_of(*tables, node.row.id).value(), (EntryKey{parent, TreeModel::name_of(path)})) << path;
      if (node.is_directory()) {
        ++directories;
        expect_quota_usage(node, path, usage_rows);
        return;
      }
      ++files;
      block_count += node.blocks.size();
      std::vector<uint64_t> lengths;
      for (const BlockRow& block : blocks_of_file(*tables, node.row.id).value()) {
        EXPECT_EQ(block.state, BlockState::kComplete) << path;
        auto owner = find_owner(*tables, block.id).value();
        EXPECT_EQ(owner, (BlockOwner{node.row.id, uint32_t(lengths.size())})) << path;
        lengths.push_back(block.length);
      }
      EXPECT_EQ(lengths, node.blocks) << path;
    };
    auto top = find_entry(*tables, kNoInode, "").value();
    EXPECT_EQ(*top, model.root().whole_row());
    expect_quota_usage(model.root(), "/", usage_rows);
    model.for_each([&](const std::string& path, const Node& node) { compare(path, node, node.parent->row.id); });
    EXPECT_EQ(count(Counter::kFileCount), files);
    EXPECT_EQ(count(Counter::kDirectoryCount), directories);
    EXPECT_EQ(count(Counter::kBlockCount), block_count);
    EXPECT_EQ(count(Counter::kLastInodeId), last_id);
    auto rows = [&](Table table) {
      size_t found = 0;
      EXPECT_TRUE(tables->scan(table, "", [&](auto, auto) { return ++found > 0; }));
      return found;
    };
    EXPECT_EQ(rows(Table::kEntries), files + directories);
    EXPECT_EQ(rows(Table::kInodeIndex), files + directories);
    EXPECT_EQ(rows(Table::kFileBlocks), block_count);
    EXPECT_EQ(rows(Table::kBlockIndex), block_count);
    EXPECT_EQ(rows(Table::kQuotaUsage), usage_rows);
    EXPECT_EQ(rows(Table::kOpenFiles), 0u);
    EXPECT_EQ(held->file_count(), 0u);
  }

  // The whole log, applied to an empty namespace.
  void expect_replay_equals_tables() {
    const auto is = rows_of(*tables);
    ASSERT_TRUE(journal->close());
    std::unique_ptr<Tables> replayed = fresh_tables();
    blocks = MemoryBlocks(4);
    held.emplace(LeaseTable::Limits{});
    Result<void> done = replay(*journal, *replayed, followers());
    ASSERT_TRUE(done) << error_of(done);
    auto without_last_applied = [](auto rows) {
      std::erase_if(rows, [](const auto& row) { return row.first.ends_with("/last_applied"); });
      return rows;
    };
    EXPECT_EQ(without_last_applied(rows_of(*replayed)), without_last_applied(is));
  }

  MemoryDisk disk;
  JournalSettings journal_settings{.directories = {"/name"}};
  std::unique_ptr<Journal> journal;
  std::optional<LeaseTable> held;
  std::minstd_rand random;
  TreeModel model;
  uint64_t last_id = raw(kRootInode);
};

TEST_P(NamespaceModel, RandomMutationsLeaveWhatTheModelSaysAndReplayToTheSameRows) {
  const int steps = is_nightly() ? 50'000 : 1'000;
  const uint32_t seed = is_nightly() ? std::random_device{}() : GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  random.seed(seed);
  for (int i = 1; i <= steps && !HasFailure(); ++i) {
    SCOPED_TRACE("step " + std::to_string(i));
    step();
    if (i % 300 == 0) restart();
    if (i % 100 == 0) expect_model();
  }
  expect_replay_equals_tables();
}

// 20,000 mutations in twenty runs; a million in the nightly dose.
INSTANTIATE_TEST_SUITE_P(Seeds, NamespaceModel, testing::Range(1u, 21u));

}  // namespace
}  // namespace dfs::namenode
