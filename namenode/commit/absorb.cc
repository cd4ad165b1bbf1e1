#include "namenode/commit/absorb.h"

#include "namenode/blocks/blocks.h"
#include "namenode/leases/lease_table.h"

namespace dfs::namenode {

Result<size_t> apply_and_absorb(const Edit& edit, Tables& tables, Blocks& blocks, LeaseTable& leases, TimePoint now) {
  Batch batch;
  Effects effects;
  DFS_TRY_OK(apply(edit.record, tables, batch, effects));
  if (!effects.removed_blocks.empty()) DFS_TRY_OK(blocks.removed(tables, batch, effects.removed_blocks));
  DFS_TRY_OK(tables.write(batch, edit.id));
  for (const Effects::Opened& opened : effects.opened) leases.assign(opened.holder, opened.file, now);
  for (InodeId file : effects.closed) leases.release(file);
  if (!effects.completed_blocks.empty()) DFS_TRY_OK(blocks.completed(tables, effects.completed_blocks));
  for (InodeId file : effects.replication_changed) DFS_TRY_OK(blocks.replication_changed(tables, file));
  return batch.bytes();
}

}  // namespace dfs::namenode
