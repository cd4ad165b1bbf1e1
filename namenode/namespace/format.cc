#include "namenode/namespace/format.h"

#include "namenode/store/rows.h"

namespace dfs::namenode {

void format_namespace(const NamespaceSettings& settings, Batch& batch) {
  InodeRow root;
  root.id = kRootInode;
  root.type = InodeType::kDirectory;
  root.owner = settings.superuser;
  root.group = settings.supergroup;
  root.permission = 0755;
  const EntryKey key{.parent = kNoInode, .name = ""};
  batch.put(Table::kEntries, entry_key(key.parent, key.name), encode(root));
  batch.put(Table::kInodeIndex, inode_key(root.id), encode(key));
  batch.put(Table::kQuotaUsage, inode_key(root.id), encode(QuotaCounts{.names = 1}));
  auto count = [&](Counter counter, uint64_t value) {
    batch.put(Table::kMeta, counter_key(counter), encode_counter(value));
  };
  count(Counter::kLastInodeId, raw(kRootInode));
  count(Counter::kLastBlockId, raw(kLastReservedBlock));
  count(Counter::kGenerationStamp, raw(kLastReservedGenerationStamp));
  count(Counter::kFileCount, 0);
  count(Counter::kDirectoryCount, 1);
  count(Counter::kBlockCount, 0);
}

}  // namespace dfs::namenode
