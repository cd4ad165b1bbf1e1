#include "namenode/commit/absorb.h"

#include "namenode/blocks/blocks.h"
#include "namenode/leases/lease_table.h"
#include "namenode/namespace/retries.h"

namespace dfs::namenode {

Result<void> apply_and_absorb(const Edit& edit, Tables& tables, const Followers& to, const RpcIds& caller) {
  Batch batch;
  Effects effects;
  DFS_TRY_OK(apply(edit.record, tables, batch, effects));
  DFS_TRY_OK(remember_answer(edit.record, ids_to_remember(edit.record, caller), tables, to.settings, to.wall, batch));
  if (!effects.removed_blocks.empty()) DFS_TRY_OK(to.blocks.removed(tables, batch, effects.removed_blocks));
  DFS_TRY_OK(tables.write(std::move(batch), edit.id));
  for (const Effects::Opened& opened : effects.opened) to.leases.assign(opened.holder, opened.file, to.now);
  for (InodeId file : effects.closed) to.leases.release(file);
  if (!effects.completed_blocks.empty()) DFS_TRY_OK(to.blocks.completed(tables, effects.completed_blocks));
  for (InodeId file : effects.replication_changed) DFS_TRY_OK(to.blocks.replication_changed(tables, file));
  return {};
}

Result<bool> sweep_and_absorb(DetachedTreeSweep& sweep, const View& view, size_t inodes_max, Batch& batch,
                              Blocks& blocks, LeaseTable& leases) {
  Effects effects;
  Result<bool> swept = sweep.step(view, inodes_max, batch, effects);
  if (!swept) {
    sweep = {};  // nothing of this step will be written
    return swept;
  }
  if (!effects.removed_blocks.empty()) DFS_TRY_OK(blocks.removed(view, batch, effects.removed_blocks));
  for (InodeId file : effects.closed) leases.release(file);
  return swept;
}

}  // namespace dfs::namenode
