#pragma once

#include "proto/metrics/counter.h"

namespace dfs::namenode {

// What the services have done since the start, beyond their calls, for operators. Thread-safe.
struct ServiceActivity {
  metrics::Counter entries_listed;  // of directories
  metrics::Rate block_reports;
  metrics::Counter retries_known;  // calls that had been carried out before
  metrics::Counter retries_kept;   // answers that are kept for such
};

}  // namespace dfs::namenode
