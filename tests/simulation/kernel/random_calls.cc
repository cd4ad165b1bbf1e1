// What would differ from run to run: random numbers of the machine, and the number of the process.
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "tests/simulation/kernel/real_calls.h"
#include "tests/simulation/kernel/scheduler.h"

using dfs::simulation::Scheduler;

std::random_device::result_type std::random_device::_M_getval() {
  if (Scheduler* simulation = Scheduler::running()) return result_type(simulation->random()());
  result_type value = 0;
  if (getentropy(&value, sizeof(value)) != 0) std::abort();
  return value;
}

extern "C" {

ssize_t getrandom(void* to, size_t length, unsigned flags) {
  Scheduler* simulation = Scheduler::running();
  if (!simulation) return DFS_REAL(getrandom)(to, length, flags);
  auto* at = static_cast<char*>(to);
  for (size_t done = 0; done < length; done += sizeof(uint64_t)) {
    const uint64_t value = simulation->random()();
    std::memcpy(at + done, &value, std::min(sizeof(value), length - done));
  }
  return ssize_t(length);
}

pid_t getpid() noexcept {
  return Scheduler::running() ? 4711 : DFS_REAL(getpid)();
}

}  // extern "C"
