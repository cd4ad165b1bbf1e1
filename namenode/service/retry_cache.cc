#include "namenode/service/retry_cache.h"

#include <chrono>

namespace dfs::namenode {

std::string RetryCache::key_of(const Caller& caller, std::string_view method) {
  // A call id below zero is the RPC layer's own.
  if (caller.rpc_client_id.empty() || caller.rpc_call_id < 0) return {};
  std::string key = caller.rpc_client_id + "/" + std::to_string(caller.rpc_call_id) + "/";
  key += method;
  return key;
}

void RetryCache::forget(TimePoint now) {
  while (!by_age_.empty() && (now - by_age_.front().first > std::chrono::minutes(10) || by_age_.size() > kEntriesMax)) {
    answers_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
}

}  // namespace dfs::namenode
