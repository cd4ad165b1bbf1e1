#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/base/error.h"
#include "proto/metrics/counter.h"

namespace dfs::rpc {

// What a server has done since its start: counted by its loops, read by anybody.
class Activity {
 public:
  // `methods`: those whose times are kept one by one; of others only the errors are. `held`: those of them that may
  // wait for something to happen, so that their times say nothing about the server and are kept out of processing_time.
  explicit Activity(const std::vector<std::string>& methods, const std::vector<std::string>& held = {});

  metrics::Counter received_bytes, sent_bytes;
  metrics::Counter successes;
  metrics::Counter authorized, unauthorized;      // connection contexts
  metrics::Counter dropped_connections;           // there were too many
  metrics::Rate queue_time;                       // from the arrival of a call to its start
  metrics::Rate processing_time;                  // from there to its answer
  metrics::Counter waiting_begun, waiting_ended;  // calls that are not answered at once

  // Null for a method that is not kept.
  metrics::Rate* rate_of(std::string_view method);
  void answered(metrics::Rate* method, const Result<std::string>& outcome, std::chrono::nanoseconds took);

  // Of open connections whose user is known.
  void opened(const std::string& user);
  void closed(const std::string& user);

  // Once a second or so.
  void note_time(TimePoint now);

  // For those who show it.
  struct Method {
    std::string name;
    const metrics::Rate* rate;
  };
  // In order of names; errors stand among them under the simple name of their Java class, as in Hadoop.
  std::vector<Method> methods() const;
  std::map<std::string, uint64_t> connections_by_user() const;
  uint64_t calls_per_second() const { return calls_per_second_.load(std::memory_order_relaxed); }
  uint64_t in_process() const;

 private:
  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view name) const { return std::hash<std::string_view>()(name); }
  };
  std::unordered_map<std::string, metrics::Rate, Hash, std::equal_to<>> rates_;
  std::vector<const metrics::Rate*> held_;
  std::unique_ptr<metrics::Rate[]> errors_;  // by code

  mutable std::mutex mutex_;
  std::map<std::string, uint64_t> users_;
  TimePoint noted_at_{};
  uint64_t noted_calls_ = 0;
  std::atomic<uint64_t> calls_per_second_{0};
};

}  // namespace dfs::rpc
