#include "proto/security/system_groups.h"

#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "proto/base/log.h"

namespace dfs::security {
namespace {

// User names come from the wire: what is remembered of them is bounded.
constexpr size_t kCachedUsersMax = 10000;
constexpr int kGroupsMax = 65536;  // Linux's NGROUPS_MAX

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t from = 0; from <= text.size();) {
    size_t end = std::min(text.find(separator, from), text.size());
    std::string_view part = text.substr(from, end - from);
    while (part.starts_with(' ') || part.starts_with('\n') || part.starts_with('\t')) part.remove_prefix(1);
    while (part.ends_with(' ') || part.ends_with('\n') || part.ends_with('\t')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    from = end + 1;
  }
  return parts;
}

// Calls a getXXX_r function with a buffer that grows until the entry fits.
template <class F>
bool found_with_buffer(F lookup) {
  for (size_t size = 4096; size <= 4u << 20; size *= 4) {
    std::vector<char> buffer(size);
    int error = lookup(buffer.data(), buffer.size());
    if (error != ERANGE) return error == 0;
  }
  return false;
}

std::string group_name(gid_t id) {
  std::string name;
  found_with_buffer([&](char* buffer, size_t size) {
    group entry{};
    group* found = nullptr;
    int error = getgrgid_r(id, &entry, buffer, size, &found);
    if (error == 0 && found != nullptr) name = found->gr_name;
    return error;
  });
  return name;
}

std::vector<std::string> system_groups_of(const std::string& user) {
  bool known = false;
  gid_t primary = 0;
  found_with_buffer([&](char* buffer, size_t size) {
    passwd entry{};
    passwd* found = nullptr;
    int error = getpwnam_r(user.c_str(), &entry, buffer, size, &found);
    known = error == 0 && found != nullptr;
    if (known) primary = found->pw_gid;
    return error;
  });
  if (!known) return {};
  std::vector<gid_t> ids(64);
  int count = int(ids.size());
  while (getgrouplist(user.c_str(), primary, ids.data(), &count) < 0) {
    if (ids.size() >= kGroupsMax) return {};
    ids.resize(std::min<size_t>(kGroupsMax, std::max<size_t>(size_t(count), ids.size() * 2)));
    count = int(ids.size());
  }
  ids.resize(size_t(count));
  std::erase(ids, primary);
  ids.insert(ids.begin(), primary);
  std::vector<std::string> names;
  for (gid_t id : ids) {
    if (std::string name = group_name(id); !name.empty()) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

Result<std::unique_ptr<SystemGroups>> SystemGroups::create(const Settings& settings, const Clock& clock) {
  Overrides parsed;
  for (const std::string& item : split(settings.overrides, ';')) {
    std::vector<std::string> parts = split(item, '=');
    if (parts.empty() || parts.size() > 2 || item.starts_with('=')) {
      return fail(
          ErrorCode::kConfiguration,
          fmt::format("hadoop.user.group.static.mapping.overrides: \"{}\" is not of the form user=group,group", item));
    }
    parsed[parts[0]] = parts.size() == 2 ? split(parts[1], ',') : std::vector<std::string>();
  }
  std::unique_ptr<SystemGroups> groups(new SystemGroups(std::move(parsed), settings.file, settings.lifetime, clock));
  if (!settings.file.empty()) {
    std::lock_guard lock(groups->mutex_);
    if (Result<void> read = groups->read_file_if_changed(); !read) {
      return fail(ErrorCode::kConfiguration, "tusk.group.mapping.file: " + read.error().message());
    }
  }
  return groups;
}

Result<void> SystemGroups::read_file_if_changed() const {
  struct stat status{};
  if (stat(file_.c_str(), &status) != 0) return fail(Error::from_errno(errno, file_));
  const Version version{.device = status.st_dev,
                        .inode = status.st_ino,
                        .size = uint64_t(status.st_size),
                        .modified_ns = int64_t(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec};
  if (version == file_version_) return {};
  std::ifstream in(file_);
  Overrides read;
  for (std::string line; std::getline(in, line);) {
    const std::vector<std::string> fields = split(line, ':');
    if (fields.empty() || fields.front().starts_with('#')) continue;
    if (fields.size() > 2 || line.find(':') == std::string::npos) {
      log::warn("{}: \"{}\" is not of the form user:group,group", file_, line);
      continue;
    }
    read[fields[0]] = fields.size() == 2 ? split(fields[1], ',') : std::vector<std::string>();
  }
  if (!in.eof()) return fail(ErrorCode::kIo, file_ + ": cannot be read");
  in_file_ = std::move(read);
  file_version_ = version;
  return {};
}

void SystemGroups::look_at_file(TimePoint now) const {
  if (file_.empty() || now < next_look_) return;
  next_look_ = now + std::chrono::seconds(1);
  if (Result<void> read = read_file_if_changed(); !read) {
    log::warn("tusk.group.mapping.file: {}; what it said before stays", read.error().message());
  }
}

std::vector<std::string> SystemGroups::groups_of(const std::string& user) const {
  if (auto found = overrides_.find(user); found != overrides_.end()) return found->second;
  TimePoint now = clock_.now();
  {
    std::lock_guard lock(mutex_);
    look_at_file(now);
    if (auto found = in_file_.find(user); found != in_file_.end()) return found->second;
    if (auto found = cache_.find(user); found != cache_.end() && now < found->second.expires) {
      return found->second.groups;
    }
  }
  std::vector<std::string> groups = system_groups_of(user);
  std::lock_guard lock(mutex_);
  if (cache_.size() >= kCachedUsersMax) cache_.clear();
  cache_[user] = {groups, now + lifetime_};
  return groups;
}

void SystemGroups::refresh() {
  std::lock_guard lock(mutex_);
  cache_.clear();
  next_look_ = {};
  look_at_file(clock_.now());
}

}  // namespace dfs::security
