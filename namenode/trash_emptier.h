#pragma once

#include <string>

#include "namenode/commit/namespace_thread.h"
#include "namenode/namespace/trash.h"
#include "proto/base/task_fwd.h"
#include "proto/base/task_thread.h"

namespace dfs::namenode {

// Makes checkpoints of the users' trash and deletes old ones, whenever a whole number of intervals has passed since
// 1970 (TrashPolicyDefault.Emptier, which stock NameNodes run). Has a thread of its own.
class TrashEmptier {
 public:
  // `thread` outlives this. `superuser`: as whom it is done.
  TrashEmptier(NamespaceThread& thread, TrashSettings settings, const std::string& superuser);

  void start();
  void stop() { thread_.stop(); }
  // What is due at `now`, without waiting for it to be done.
  Result<void> empty(WallTime now);

 private:
  Task<void> repeat();

  NamespaceThread& namespace_thread_;
  const TrashSettings settings_;
  Caller superuser_;
  TaskThread thread_{"trash"};
};

}  // namespace dfs::namenode
