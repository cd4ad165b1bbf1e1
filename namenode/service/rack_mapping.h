#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "namenode/datanodes/topology.h"
#include "proto/base/event_loop.h"
#include "proto/base/task_fwd.h"

namespace dfs::namenode {

struct RackSettings {
  std::string script;                       // net.topology.script.file.name; empty: none
  size_t arguments_max = 100;               // net.topology.script.number.args
  std::string table;                        // net.topology.table.file.name; instead of a script
  std::chrono::milliseconds limit{10'000};  // for one run of the script
};

// Which rack a host is in, as the administrator's script or table says (ScriptBasedMapping, TableMapping). What a
// script has said is remembered until forget(). Where neither says anything, or the script fails, a host is in the
// default rack, with a line in the log. The script runs on a thread of its own; after one that did not end in time it
// gets a pause, so that DataNodes do not queue up behind it.
class RackMapping {
 public:
  explicit RackMapping(RackSettings settings);
  ~RackMapping();

  Task<std::string> rack_of(std::string ip_address, std::string host_name);
  // Asks the script for many at a time, so that it need not be asked for each.
  Task<void> prepare(std::vector<std::string> ip_addresses);
  // What the script has said is forgotten, the table read again. An error: the table cannot be read, and stays.
  Task<Result<void>> forget();

 private:
  std::string find(const std::string& ip_address, const std::string& host_name);
  void ask(const std::vector<std::string>& ip_addresses);
  Result<void> read_table();

  const RackSettings settings_;
  // On the thread of `loop_` alone.
  std::map<std::string, std::string> known_;
  Topology table_;
  std::chrono::steady_clock::time_point pause_until_{};
  EventLoop loop_{"racks"};
};

}  // namespace dfs::namenode
