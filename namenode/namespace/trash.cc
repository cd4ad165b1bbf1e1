#include "namenode/namespace/trash.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>

#include "namenode/namespace/inode_path.h"
#include "namenode/namespace/snapshots.h"

namespace dfs::namenode {
namespace {

constexpr std::string_view kHomes = "/user", kTrash = ".Trash", kCurrent = "Current";

bool is_directory(const InodePtr& inode) {
  return inode && inode->type == InodeType::kDirectory;
}

Result<void> add_work_in(const View& view, const std::string& path, const InodeRow& trash,
                         const TrashSettings& settings, WallTime now, TrashWork& work) {
  bool has_current = false;
  DFS_TRY_OK(
      for_each_child(view, trash.id, std::nullopt, "", [&](std::string_view name, const InodePtr&) -> Result<bool> {
        if (name == kCurrent) {
          has_current = true;
          return true;
        }
        const std::optional<WallTime> time = time_of_checkpoint(name, now);
        if (time ? *time < now - settings.deletion_interval : settings.deletes_unknown) {
          work.expired.push_back(fmt::format("{}/{}", path, name));
        }
        return true;
      }));
  if (!has_current) return {};
  std::string name = name_of_checkpoint(now);
  for (int attempt = 1;; ++attempt) {
    DFS_TRY(InodePtr taken, inode_at(view, trash.id, name));
    if (!taken) break;
    name = fmt::format("{}-{}", name_of_checkpoint(now), attempt);
  }
  work.made.push_back({fmt::format("{}/{}", path, kCurrent), fmt::format("{}/{}", path, name)});
  return {};
}

}  // namespace

Result<TrashWork> trash_work(const View& view, const TrashSettings& settings, WallTime now) {
  TrashWork work;
  DFS_TRY(InodePath homes, resolve(view, kHomes));
  if (homes.last() == nullptr || homes.last()->type != InodeType::kDirectory) return work;
  DFS_TRY_OK(for_each_child(
      view, homes.last()->id, std::nullopt, "", [&](std::string_view user, const InodePtr& home) -> Result<bool> {
        if (!is_directory(home)) return true;
        DFS_TRY(InodePtr trash, inode_at(view, home->id, kTrash));
        if (!is_directory(trash)) return true;
        DFS_TRY_OK(add_work_in(view, fmt::format("{}/{}/{}", kHomes, user, kTrash), *trash, settings, now, work));
        return true;
      }));
  return work;
}

std::optional<WallTime> time_of_checkpoint(std::string_view name, WallTime now) {
  const size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
  if (digits < 10) return std::nullopt;
  auto two_digits = [&](size_t at) { return (name[at] - '0') * 10 + (name[at + 1] - '0'); };
  const time_t seconds_now = std::chrono::system_clock::to_time_t(now);
  tm at{};
  localtime_r(&seconds_now, &at);
  // As Java reads a year of two digits: not more than 20 years from now.
  const int century = at.tm_year / 100 * 100;
  int year = century + two_digits(0);
  if (year > at.tm_year + 20) year -= 100;
  at = {};
  at.tm_year = year;
  at.tm_mon = two_digits(2) - 1;
  at.tm_mday = two_digits(4);
  at.tm_hour = two_digits(6);
  at.tm_min = two_digits(8);
  at.tm_sec = digits >= 12 ? two_digits(10) : 0;
  at.tm_isdst = -1;
  return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::from_time_t(mktime(&at)));
}

std::string name_of_checkpoint(WallTime time) {
  const time_t seconds = std::chrono::system_clock::to_time_t(time);
  tm at{};
  localtime_r(&seconds, &at);
  return fmt::format("{:02}{:02}{:02}{:02}{:02}{:02}", at.tm_year % 100, at.tm_mon + 1, at.tm_mday, at.tm_hour,
                     at.tm_min, at.tm_sec);
}

}  // namespace dfs::namenode
