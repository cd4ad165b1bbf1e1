#include "namenode/commit/replay.h"

#include <fmt/format.h>

#include "namenode/journal/journal.h"
#include "namenode/leases/lease_table.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {
namespace {

constexpr size_t kSweptAtOnce = 1'000;

// The holders of the files that were open when the tables were last written. All count as renewed now, so that a writer
// has time to come back.
Result<void> take_over_leases(const View& view, LeaseTable& leases, TimePoint now) {
  std::optional<Error> damage;
  DFS_TRY_OK(view.scan(Table::kOpenFiles, "", [&](std::string_view key, std::string_view value) {
    Result<OpenFileRow> row = decode<OpenFileRow>(value);
    if (!row) {
      damage = std::move(row).error();
      return false;
    }
    leases.assign(row->holder, InodeId{load_big_endian<uint64_t>(key.data())}, now);
    return true;
  }));
  if (damage) return fail(*std::move(damage));
  return {};
}

}  // namespace

Result<void> replay(Journal& journal, Tables& tables, const Followers& followers) {
  if (tables.last_applied() > journal.last()) {
    return fail(ErrorCode::kIllegalState,
                fmt::format("The tables hold transaction {}, but the edit log ends at {}: an edits folder is missing, "
                            "name all of them in dfs.namenode.edits.dir",
                            raw(tables.last_applied()), raw(journal.last())));
  }
  DFS_TRY_OK(take_over_leases(tables, followers.leases, followers.now));
  return journal.replay(next(tables.last_applied()), [&](const Edit& edit) -> Result<void> {
    Result<void> applied = apply_and_absorb(edit, tables, followers);
    tables.wait_for_room();
    if (applied) return {};
    return fail(std::move(applied).error().within(
        fmt::format("edit {} ({}) does not fit the tables", raw(edit.id), name_of(code_of(edit.record)))));
  });
}

Result<void> sweep_everything(Tables& tables, const Followers& followers) {
  DetachedTreeSweep sweep;
  while (true) {
    Batch batch;
    DFS_TRY(bool swept, sweep_and_absorb(sweep, tables, kSweptAtOnce, batch, followers.blocks, followers.leases));
    if (!swept) return {};
    DFS_TRY_OK(tables.write(std::move(batch), kNoTransaction));
    tables.wait_for_room();
  }
}

}  // namespace dfs::namenode
