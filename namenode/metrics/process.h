#pragma once

#include <cstdint>

namespace dfs::namenode {

// What the system says of this process.
struct ProcessReading {
  uint64_t resident_bytes = 0;
  uint64_t machine_bytes = 0;
  uint32_t threads_runnable = 0, threads_waiting = 0, threads_blocked = 0;
  uint32_t threads() const { return threads_runnable + threads_waiting + threads_blocked; }
};
// Zero for what cannot be read.
ProcessReading read_process();

}  // namespace dfs::namenode
