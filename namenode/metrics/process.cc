#include "namenode/metrics/process.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace dfs::namenode {
namespace {

// The letter behind the name, which stands in brackets and may hold anything.
char state_in(const std::string& stat) {
  const size_t bracket = stat.rfind(')');
  return bracket == std::string::npos || bracket + 2 >= stat.size() ? '?' : stat[bracket + 2];
}

}  // namespace

ProcessReading read_process() {
  ProcessReading reading;
  const auto page_bytes = uint64_t(sysconf(_SC_PAGESIZE));
  reading.machine_bytes = uint64_t(sysconf(_SC_PHYS_PAGES)) * page_bytes;
  uint64_t size_pages = 0, resident_pages = 0;
  if (std::ifstream("/proc/self/statm") >> size_pages >> resident_pages) {
    reading.resident_bytes = resident_pages * page_bytes;
  }
  std::error_code error;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", error)) {
    std::string stat;
    std::ifstream in(task.path() / "stat");
    if (!std::getline(in, stat)) continue;  // it has ended
    const char state = state_in(stat);
    ++(state == 'R' ? reading.threads_runnable : state == 'D' ? reading.threads_blocked : reading.threads_waiting);
  }
  return reading;
}

}  // namespace dfs::namenode
