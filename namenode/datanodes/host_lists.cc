#include "namenode/datanodes/host_lists.h"

#include <arpa/inet.h>

#include <charconv>
#include <sstream>

#include "proto/base/log.h"

namespace dfs::namenode {
namespace {

bool is_word_of_comment(std::string_view word) {
  return word.starts_with('#');
}

// "HOST", "HOST:PORT" or "[ADDRESS]:PORT"; an IPv6 address without brackets has no port.
std::optional<HostEntry> parse_entry(std::string_view word) {
  HostEntry entry;
  std::string_view port;
  if (word.starts_with('[')) {
    const size_t end = word.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    entry.host = word.substr(1, end - 1);
    word.remove_prefix(end + 1);
    if (!word.empty() && word.front() != ':') return std::nullopt;
    port = word.empty() ? word : word.substr(1);
  } else {
    const size_t colon = word.find(':');
    const bool has_port = colon != std::string_view::npos && word.find(':', colon + 1) == std::string_view::npos;
    entry.host = word.substr(0, has_port ? colon : word.size());
    if (has_port) port = word.substr(colon + 1);
  }
  if (entry.host.empty()) return std::nullopt;
  if (!port.empty()) {
    auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), entry.transfer_port);
    if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
  }
  return entry;
}

std::vector<HostEntry> parse(std::string_view text, std::string_view list) {
  std::vector<HostEntry> entries;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    for (std::string word; words >> word && !is_word_of_comment(word);) {
      if (std::optional<HostEntry> entry = parse_entry(word)) {
        entries.push_back(*std::move(entry));
      } else {
        log::warn("\"{}\" is no host and is ignored in the {} list", word, list);
      }
    }
  }
  return entries;
}

// What a DataNode calls itself must not pass for an address.
bool is_address(const std::string& host) {
  in6_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// Of the entries for this DataNode the first that `wanted` accepts.
template <class F>
const HostEntry* find(const std::multimap<std::string, HostEntry, std::less<>>& entries, const Registration& datanode,
                      F wanted) {
  for (const std::string* host : {&datanode.ip_address, &datanode.host_name}) {
    auto [begin, end] = entries.equal_range(*host);
    for (auto entry = begin; entry != end; ++entry) {
      if (entry->second.stands_for(datanode) && wanted(entry->second)) return &entry->second;
    }
  }
  return nullptr;
}

}  // namespace

bool HostEntry::stands_for(const Registration& datanode) const {
  if (transfer_port != 0 && transfer_port != datanode.transfer_port) return false;
  return host == datanode.ip_address || (host == datanode.host_name && !is_address(host));
}

HostLists HostLists::of_files(std::string_view included, std::string_view excluded) {
  HostLists lists;
  lists.admitted_ = parse(included, "included");
  lists.leaving_ = parse(excluded, "excluded");
  for (HostEntry& entry : lists.leaving_) entry.wanted = AdminState::kDecommissioned;
  lists.everyone_ = lists.admitted_.empty();
  lists.index();
  return lists;
}

HostLists HostLists::of_entries(std::vector<HostEntry> entries) {
  HostLists lists;
  lists.admitted_ = std::move(entries);
  lists.everyone_ = true;
  for (const HostEntry& entry : lists.admitted_) {
    if (entry.wanted == AdminState::kNormal) lists.everyone_ = false;
    if (entry.wanted != AdminState::kNormal) lists.leaving_.push_back(entry);
  }
  lists.index();
  return lists;
}

void HostLists::resolve(const std::function<std::optional<std::string>(const std::string&)>& address_of) {
  for (std::vector<HostEntry>* entries : {&admitted_, &leaving_}) {
    for (HostEntry& entry : *entries) {
      if (std::optional<std::string> address = address_of(entry.host)) entry.host = *std::move(address);
    }
  }
  index();
}

void HostLists::index() {
  admitted_by_host_.clear();
  leaving_by_host_.clear();
  for (const HostEntry& entry : admitted_) admitted_by_host_.emplace(entry.host, entry);
  for (const HostEntry& entry : leaving_) leaving_by_host_.emplace(entry.host, entry);
}

HostWish HostLists::wish_for(const Registration& datanode, WallTime now) const {
  HostWish wish;
  const HostEntry* admitted = find(admitted_by_host_, datanode, [](const HostEntry&) { return true; });
  wish.admitted = everyone_ || admitted;
  if (admitted) wish.upgrade_domain = admitted->upgrade_domain;
  const HostEntry* resting = find(leaving_by_host_, datanode, [&](const HostEntry& entry) {
    return entry.wanted == AdminState::kInMaintenance && to_millis(now) < entry.maintenance_until_ms;
  });
  if (resting) {
    wish.state = AdminState::kInMaintenance;
    wish.maintenance_until_ms = resting->maintenance_until_ms;
  } else if (find(leaving_by_host_, datanode,
                  [](const HostEntry& entry) { return entry.wanted == AdminState::kDecommissioned; })) {
    wish.state = AdminState::kDecommissioned;
  }
  return wish;
}

}  // namespace dfs::namenode
