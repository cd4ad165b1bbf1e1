#include "tools/fuse/accounts.h"

#include <grp.h>
#include <pwd.h>

#include <cerrno>
#include <vector>

namespace dfs::fuse {
namespace {

constexpr auto kKept = std::chrono::minutes(1);
constexpr size_t kCachedMax = 10'000;
constexpr size_t kRecordBytesMax = 16u << 20;  // a group of a hundred thousand members
constexpr uid_t kNobody = 65534;

// Calls one of the get..._r functions with a buffer that grows until the record fits.
template <class Record, class Call>
std::optional<Record> look_up(std::vector<char>& buffer, Call call) {
  for (buffer.resize(4096); buffer.size() <= kRecordBytesMax; buffer.resize(buffer.size() * 4)) {
    Record record;
    Record* found = nullptr;
    int error = call(&record, buffer.data(), buffer.size(), &found);
    if (error == ERANGE) continue;
    if (error != 0 || found == nullptr) return std::nullopt;
    return record;
  }
  return std::nullopt;
}

}  // namespace

template <class Key, class Value, class Find>
Value Accounts::cached(Cache<Key, Value>& cache, const Key& key, Find find) {
  auto now = std::chrono::steady_clock::now();
  {
    std::lock_guard lock(mutex_);
    if (auto known = cache.find(key); known != cache.end() && known->second.until > now) return known->second.value;
  }
  std::vector<char> buffer;
  Value value = find(buffer);
  std::lock_guard lock(mutex_);
  if (cache.size() >= kCachedMax) cache.clear();
  cache.insert_or_assign(key, Known<Value>{value, now + kKept});
  return value;
}

std::optional<std::string> Accounts::user_name(uid_t uid) {
  return cached(user_names_, uid, [&](std::vector<char>& buffer) -> std::optional<std::string> {
    auto record = look_up<passwd>(buffer, [&](auto* to, char* bytes, size_t size, auto** found) {
      return getpwuid_r(uid, to, bytes, size, found);
    });
    return record ? std::optional<std::string>(record->pw_name) : std::nullopt;
  });
}

std::optional<std::string> Accounts::group_name(gid_t gid) {
  return cached(group_names_, gid, [&](std::vector<char>& buffer) -> std::optional<std::string> {
    auto record = look_up<group>(buffer, [&](auto* to, char* bytes, size_t size, auto** found) {
      return getgrgid_r(gid, to, bytes, size, found);
    });
    return record ? std::optional<std::string>(record->gr_name) : std::nullopt;
  });
}

uid_t Accounts::uid_of(const std::string& user) {
  return cached(uids_, user, [&](std::vector<char>& buffer) {
    auto record = look_up<passwd>(buffer, [&](auto* to, char* bytes, size_t size, auto** found) {
      return getpwnam_r(user.c_str(), to, bytes, size, found);
    });
    return record ? record->pw_uid : kNobody;
  });
}

gid_t Accounts::gid_of(const std::string& group_name) {
  return cached(gids_, group_name, [&](std::vector<char>& buffer) {
    auto record = look_up<group>(buffer, [&](auto* to, char* bytes, size_t size, auto** found) {
      return getgrnam_r(group_name.c_str(), to, bytes, size, found);
    });
    return record ? record->gr_gid : gid_t(kNobody);
  });
}

}  // namespace dfs::fuse
