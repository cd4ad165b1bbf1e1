#pragma once

#include <string>

#include "proto/metrics/bean.h"
#include "proto/metrics/counter.h"

namespace dfs::namenode {

// Of what this NameNode does not do.
inline const metrics::Rate kNever;

// NAMENumOps and NAMEAvgTime, as Hadoop's MutableRate shows itself. `value`: "Time" or "Count".
inline void add_rate(metrics::Source& source, TimePoint now, const std::string& name, const std::string& of,
                     const metrics::Rate& rate, const std::string& value = "Time") {
  source.counter(name + "NumOps", "Number of ops for " + of, rate.count());
  source.gauge(name + "Avg" + value, (value == "Time" ? "Average time for " : "Average count for ") + of,
               rate.average_ms(now));
}

}  // namespace dfs::namenode
