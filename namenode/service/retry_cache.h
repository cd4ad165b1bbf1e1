#pragma once

#include <any>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "namenode/namespace/plan.h"
#include "proto/base/clock.h"

namespace dfs::namenode {

// The answers of calls that changed something, by client and call, so that a call that is sent again (its answer was
// lost) is answered and not carried out again (Hadoop's RetryCache, HDFS-16322). The method is part of what makes a
// call the same, for clients that count anew after they have connected again. An answer given here is of a plan whose
// records come before, so it goes out when they are durable.
//
// Lives on the namespace thread. Keeps ten minutes and at most kEntriesMax; a restart forgets.
class RetryCache {
 public:
  static constexpr size_t kEntriesMax = 1 << 17;

  template <class T>
  const T* find(const Caller& caller, std::string_view method, TimePoint now) {
    forget(now);
    auto found = answers_.find(key_of(caller, method));
    return found == answers_.end() ? nullptr : std::any_cast<T>(&found->second);
  }
  template <class T>
  void remember(const Caller& caller, std::string_view method, const T& answer, TimePoint now) {
    std::string key = key_of(caller, method);
    if (key.empty() || !answers_.try_emplace(key, answer).second) return;
    by_age_.emplace_back(now, std::move(key));
  }
  size_t size() const { return answers_.size(); }

 private:
  // Empty for a call that nobody repeats.
  static std::string key_of(const Caller& caller, std::string_view method);
  void forget(TimePoint now);

  std::unordered_map<std::string, std::any> answers_;
  std::deque<std::pair<TimePoint, std::string>> by_age_;
};

}  // namespace dfs::namenode
