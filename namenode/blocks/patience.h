#pragma once

#include <cstdint>
#include <optional>

#include "proto/base/clock.h"

namespace dfs::namenode {

// What the answer to a call may wait for. Blocks says when it has come.
struct Awaited {
  enum class Kind : uint8_t {
    kReplica,   // a report of the block `id`
    kCommands,  // something to tell the DataNode whose heartbeat is held under the ticket `id`
  };
  Kind kind = Kind::kReplica;
  uint64_t id = 0;
  bool operator==(const Awaited&) const = default;
};

// How a plan says that its answer may soon be a better one: it is then not given, and the plan made again when what is
// awaited has come, or at `until`. Only of plans without records.
struct Patience {
  TimePoint since{};  // the plan was made for the first time
  std::optional<Awaited> awaited{};
  TimePoint until{};
  void wait_for(Awaited what, TimePoint at_most) {
    awaited = what;
    until = at_most;
  }
};

}  // namespace dfs::namenode
