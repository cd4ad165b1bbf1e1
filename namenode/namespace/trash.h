#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namenode/store/tables.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// The trash of all users, as Hadoop's TrashPolicyDefault keeps it: clients move what is deleted into
// /user/NAME/.Trash/Current; now and then that becomes a checkpoint beside, which is named by its local time
// (yyMMddHHmmss) and deleted when it is old enough.
struct TrashSettings {
  std::chrono::milliseconds deletion_interval{0};  // fs.trash.interval; 0: nothing is ever done
  std::chrono::milliseconds emptier_interval{0};   // fs.trash.checkpoint.interval; 0 or too large: the same as that
  bool deletes_unknown = false;  // fs.trash.clean.trashroot.enable: what is no checkpoint goes at once
  std::chrono::milliseconds between_runs() const {
    const bool own = emptier_interval.count() > 0 && emptier_interval <= deletion_interval;
    return own ? emptier_interval : deletion_interval;
  }
};

struct TrashWork {
  std::vector<std::string> expired;  // paths of checkpoints to delete with all that is in them
  struct Checkpoint {
    std::string current, checkpoint;
  };
  std::vector<Checkpoint> made;  // to rename
};
Result<TrashWork> trash_work(const View& view, const TrashSettings& settings, WallTime now);

// The time that such a name says, also one of Hadoop 1 (yyMMddHHmm) and one with a suffix; nothing where it says none.
std::optional<WallTime> time_of_checkpoint(std::string_view name, WallTime now);
std::string name_of_checkpoint(WallTime time);

}  // namespace dfs::namenode
