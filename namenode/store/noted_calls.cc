#include "namenode/store/noted_calls.h"

#include <algorithm>
#include <optional>

#include "proto/base/bytes.h"

namespace dfs::namenode {
namespace {

constexpr size_t kClientsMax = 200'000;  // of a period
constexpr size_t kPeriodBytes = 8, kClientBytes = 16, kCallBytes = 4;

// As retry_key() makes them; others are none of ours.
bool is_retry_key(std::string_view key) {
  return key.size() == kPeriodBytes + kClientBytes + kCallBytes;
}
uint64_t period_of(std::string_view key) {
  return key.size() < kPeriodBytes ? 0 : load_big_endian<uint64_t>(key.data());
}
uint32_t call_of(std::string_view key) {
  return load_big_endian<uint32_t>(key.data() + kPeriodBytes + kClientBytes);
}

}  // namespace

NotedCalls::NotedCalls(std::string_view last_stored)
    : known_from_(last_stored.empty() ? 0 : period_of(last_stored) + 1) {}

void NotedCalls::note(std::string_view key) {
  if (!is_retry_key(key)) return;
  Period& period = periods_[period_of(key)];
  if (period.too_many) return;
  Client client;
  std::ranges::copy(key.substr(kPeriodBytes, kClientBytes), client.begin());
  auto [known, is_first] = period.greatest.try_emplace(client, call_of(key));
  if (!is_first) known->second = std::max(known->second, call_of(key));
  if (period.greatest.size() <= kClientsMax) return;
  period.too_many = true;
  period.greatest = {};
}

void NotedCalls::forget_before(std::string_view end) {
  periods_.erase(periods_.begin(), periods_.lower_bound(period_of(end)));
  known_from_ = std::max(known_from_, period_of(end));
}

bool NotedCalls::is_new(std::string_view key) const {
  if (!is_retry_key(key) || period_of(key) < known_from_) return false;
  const auto period = periods_.find(period_of(key));
  if (period == periods_.end()) return true;
  if (period->second.too_many) return false;
  Client client;
  std::ranges::copy(key.substr(kPeriodBytes, kClientBytes), client.begin());
  const auto known = period->second.greatest.find(client);
  return known == period->second.greatest.end() || call_of(key) > known->second;
}

}  // namespace dfs::namenode
