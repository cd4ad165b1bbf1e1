#include "namenode/commit/absorb.h"

#include "namenode/blocks/blocks.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/retries.h"

namespace dfs::namenode {

Result<size_t> apply_and_absorb(const Edit& edit, const ApplyTo& to, const RpcIds& caller) {
  Batch batch;
  Effects effects;
  DFS_TRY_OK(apply(edit.record, to.tables, batch, effects));
  DFS_TRY_OK(
      remember_answer(edit.record, ids_to_remember(edit.record, caller), to.tables, to.settings, to.wall, batch));
  if (!effects.removed_blocks.empty()) DFS_TRY_OK(to.blocks.removed(to.tables, batch, effects.removed_blocks));
  DFS_TRY_OK(to.tables.write(batch, edit.id));
  for (const Effects::Opened& opened : effects.opened) to.leases.assign(opened.holder, opened.file, to.now);
  for (InodeId file : effects.closed) to.leases.release(file);
  if (!effects.completed_blocks.empty()) DFS_TRY_OK(to.blocks.completed(to.tables, effects.completed_blocks));
  for (InodeId file : effects.replication_changed) DFS_TRY_OK(to.blocks.replication_changed(to.tables, file));
  return batch.bytes();
}

}  // namespace dfs::namenode
