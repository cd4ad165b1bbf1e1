#include "proto/rpc/activity.h"

#include <algorithm>

namespace dfs::rpc {
namespace {

constexpr size_t kErrorCodes = size_t(UINT8_MAX) + 1;

std::string simple_name(std::string_view java_class) {
  return std::string(java_class.substr(java_class.find_last_of(".$") + 1));
}

}  // namespace

Activity::Activity(const std::vector<std::string>& methods, const std::vector<std::string>& held)
    : errors_(std::make_unique<metrics::Rate[]>(kErrorCodes)) {
  for (const std::string& method : methods) rates_.try_emplace(method);
  for (const std::string& method : held) held_.push_back(&rates_[method]);
}

metrics::Rate* Activity::rate_of(std::string_view method) {
  auto found = rates_.find(method);
  return found == rates_.end() ? nullptr : &found->second;
}

void Activity::answered(metrics::Rate* method, const Result<std::string>& outcome, std::chrono::nanoseconds took) {
  if (method == nullptr || std::ranges::find(held_, method) == held_.end()) processing_time.add(took);
  if (!outcome) {
    errors_[size_t(outcome.error().code())].add(took);
    return;
  }
  successes.add();
  if (method != nullptr) method->add(took);
}

void Activity::opened(const std::string& user) {
  std::lock_guard lock(mutex_);
  ++users_[user];
}

void Activity::closed(const std::string& user) {
  std::lock_guard lock(mutex_);
  auto found = users_.find(user);
  if (found != users_.end() && --found->second == 0) users_.erase(found);
}

void Activity::note_time(TimePoint now) {
  constexpr std::chrono::seconds kInterval{1};
  std::lock_guard lock(mutex_);
  const auto passed = now - noted_at_;
  if (passed < kInterval) return;
  const uint64_t calls = queue_time.count();
  calls_per_second_ = uint64_t(double(calls - noted_calls_) / std::chrono::duration<double>(passed).count());
  noted_at_ = now;
  noted_calls_ = calls;
}

std::vector<Activity::Method> Activity::methods() const {
  std::map<std::string, const metrics::Rate*> sorted;
  for (const auto& [name, rate] : rates_) sorted.emplace(name, &rate);
  for (size_t code = 0; code < kErrorCodes; ++code) {
    if (errors_[code].count() == 0) continue;
    sorted.emplace(simple_name(Error(ErrorCode(code), "").java_class()), &errors_[code]);
  }
  std::vector<Method> listed;
  for (auto& [name, rate] : sorted) listed.push_back({name, rate});
  return listed;
}

std::map<std::string, uint64_t> Activity::connections_by_user() const {
  std::lock_guard lock(mutex_);
  return users_;
}

uint64_t Activity::in_process() const {
  // Read in this order: one that ends in between must not count as ended before it began.
  const uint64_t ended = waiting_ended.value();
  return waiting_begun.value() - ended;
}

}  // namespace dfs::rpc
