#include "namenode/service/rack_mapping.h"

#include <algorithm>
#include <sstream>

#include "namenode/service/run_script.h"
#include "proto/base/log.h"
#include "proto/base/task.h"
#include "proto/io/disk.h"

namespace dfs::namenode {
namespace {

constexpr std::chrono::seconds kPause{60};

}  // namespace

RackMapping::RackMapping(RackSettings settings) : settings_(std::move(settings)) {
  // As Hadoop does, which starts without the racks.
  if (Result<void> read = read_table(); !read) log::warn("the table of racks: {}", read.error().message());
  loop_.start();
}

RackMapping::~RackMapping() {
  loop_.stop();
}

Task<std::string> RackMapping::rack_of(std::string ip_address, std::string host_name) {
  if (settings_.script.empty() && settings_.table.empty()) co_return std::string(kDefaultRack);
  co_return co_await run_on(loop_.executor(), [&] { return find(ip_address, host_name); });
}

Task<void> RackMapping::prepare(std::vector<std::string> ip_addresses) {
  if (settings_.script.empty()) co_return;
  co_await run_on(loop_.executor(), [&] {
    std::erase_if(ip_addresses, [&](const std::string& address) { return known_.contains(address); });
    ask(ip_addresses);
    return 0;
  });
}

Task<Result<void>> RackMapping::forget() {
  co_return co_await run_on(loop_.executor(), [this]() -> Result<void> {
    known_.clear();
    pause_until_ = {};
    return read_table();
  });
}

Result<void> RackMapping::read_table() {
  if (settings_.table.empty()) return {};
  DFS_TRY(std::string text, Disk::posix().read_file(settings_.table));
  table_ = Topology::parse(text);
  return {};
}

std::string RackMapping::find(const std::string& ip_address, const std::string& host_name) {
  if (!settings_.table.empty()) return table_.location_of(ip_address, host_name);
  if (!known_.contains(ip_address)) ask({ip_address});
  auto known = known_.find(ip_address);
  return known == known_.end() ? std::string(kDefaultRack) : known->second;
}

void RackMapping::ask(const std::vector<std::string>& ip_addresses) {
  if (std::chrono::steady_clock::now() < pause_until_) return;
  for (size_t begin = 0; begin < ip_addresses.size(); begin += settings_.arguments_max) {
    const size_t count = std::min(settings_.arguments_max, ip_addresses.size() - begin);
    std::vector<std::string> command{settings_.script};
    command.insert(command.end(), ip_addresses.begin() + ptrdiff_t(begin),
                   ip_addresses.begin() + ptrdiff_t(begin + count));
    const auto started = std::chrono::steady_clock::now();
    Result<std::string> output = run_script(command, settings_.limit);
    if (!output) {
      log::error("the script of racks: {}", output.error().message());
      if (std::chrono::steady_clock::now() - started >= settings_.limit) pause_until_ = started + kPause;
      return;
    }
    std::istringstream words(*output);
    std::vector<std::string> racks;
    for (std::string word; words >> word;) racks.push_back(Topology::normalize(std::move(word)));
    if (racks.size() != count) {
      log::error("Script {} returned {} values when {} were expected.", settings_.script, racks.size(), count);
      return;
    }
    for (size_t i = 0; i < count; ++i) known_[ip_addresses[begin + i]] = racks[i];
  }
}

}  // namespace dfs::namenode
