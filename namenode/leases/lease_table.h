#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/base/clock.h"
#include "proto/base/ids.h"

namespace dfs::namenode {

// Which client may append to which open file, and until when (Hadoop's LeaseManager).
//
// A file has at most one holder; a holder renews all its files at once. After `soft_limit` without renewal another
// client may take a file over; after `hard_limit` the NameNode recovers it. Time is passed in, never read, so that
// tests and the simulator decide what "now" is. It follows the open files of the tables (Effects) and decides nothing.
//
// Not thread-safe: lives on the namespace thread.
class LeaseTable {
 public:
  struct Limits {
    std::chrono::milliseconds soft = std::chrono::minutes(1);
    std::chrono::milliseconds hard = std::chrono::minutes(20);
  };
  struct Expired {
    InodeId file;
    std::string holder;
  };

  explicit LeaseTable(Limits limits) : limits_(limits) {}

  // `holder` has `file` from now on, in place of an earlier holder, and counts as renewed.
  void assign(std::string_view holder, InodeId file, TimePoint now);
  // False if `holder` has no file.
  bool renew(std::string_view holder, TimePoint now);
  // Takes the lease on `file` from whoever has it; nothing happens if nobody has.
  void release(InodeId file);

  std::optional<std::string> holder_of(InodeId file) const;
  // True also for a holder without files: nobody stands in the way.
  bool past_soft_limit(std::string_view holder, TimePoint now) const;
  // Files whose holders passed the hard limit, longest silent holder first, at most `count_max`.
  std::vector<Expired> expired(TimePoint now, size_t count_max) const;
  std::chrono::milliseconds hard_limit() const { return limits_.hard; }
  size_t files_of(std::string_view holder) const;
  size_t holder_count() const { return holders_.size(); }
  size_t file_count() const { return files_.size(); }

 private:
  struct Holder {
    TimePoint renewed;
    std::vector<InodeId> files;
  };
  using Holders = std::map<std::string, Holder, std::less<>>;

  void renewed(Holders::value_type& holder, TimePoint now);
  void drop(Holders::iterator holder, InodeId file);

  Limits limits_;
  Holders holders_;
  std::unordered_map<uint64_t, Holders::iterator> files_;
  std::multimap<TimePoint, std::string> by_age_;  // every holder once
};

}  // namespace dfs::namenode
