#include "tests/simulation/kernel/run.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <thread>

#include "proto/base/log.h"
#include "tests/simulation/kernel/scheduler.h"

namespace dfs::simulation {
namespace {

// A run takes a second at most.
constexpr unsigned kSecondsMax = 30;

struct Summary {
  uint64_t trace, steps;
  Nanoseconds now;
  bool passed;
};

struct Child {
  uint64_t seed;
  int output;  // a file in memory
  int summary;
  size_t processor;
};

[[noreturn]] void be_child(const Child& child, const Scenario& scenario) {
  alarm(kSecondsMax);
  // The threads take turns: they are to wake each other on one processor.
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(child.processor, &one);
  sched_setaffinity(0, sizeof(one), &one);
  dup2(child.output, STDOUT_FILENO);
  dup2(child.output, STDERR_FILENO);
  // The same always, as a line takes locks: what is logged must not change what happens.
  log::start("info");
  static Host world{.name = "world", .address = 0x0a0000fe};
  Scheduler& simulation = Scheduler::start(child.seed, world);
  std::string problems = scenario(child.seed);
  if (!problems.empty()) std::fprintf(stderr, "%s\n", problems.c_str());
  Summary summary{simulation.trace(), simulation.steps(), simulation.now(), problems.empty()};
  (void)pwrite(child.summary, &summary, sizeof(summary), 0);
  Scheduler::end(0);
}

std::string content_of(int file) {
  std::string content(size_t(std::max<off_t>(lseek(file, 0, SEEK_END), 0)), '\0');
  ssize_t length = pread(file, content.data(), content.size(), 0);
  content.resize(size_t(std::max<ssize_t>(length, 0)));
  return content;
}

Outcome outcome_of(const Child& child, int status, const rusage& used) {
  Outcome outcome{.seed = child.seed, .output = content_of(child.output)};
  outcome.cpu_seconds =
      double(used.ru_utime.tv_sec + used.ru_stime.tv_sec) + double(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  Summary summary{};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0 &&
      pread(child.summary, &summary, sizeof(summary), 0) == ssize_t(sizeof(summary))) {
    outcome.trace = summary.trace;
    outcome.steps = summary.steps;
    outcome.virtual_seconds = double(summary.now) / 1e9;
    outcome.passed = summary.passed;
  } else {
    outcome.output += WIFSIGNALED(status) ? "ended by signal " + std::to_string(WTERMSIG(status)) + "\n"
                                          : "ended with status " + std::to_string(WEXITSTATUS(status)) + "\n";
  }
  close(child.output);
  close(child.summary);
  return outcome;
}

}  // namespace

void run_seeds(Seeds seeds, const Scenario& scenario, const std::function<bool(Outcome)>& done) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof(allowed), &allowed);
  std::vector<size_t> idle;
  for (size_t i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(i, &allowed)) idle.push_back(i);
  }
  std::map<pid_t, Child> children;
  bool goes_on = true;
  for (uint64_t begun = 0; (goes_on && begun < seeds.count) || !children.empty();) {
    if (goes_on && begun < seeds.count && !idle.empty()) {
      Child child{.seed = seeds.first + begun++ * seeds.stride,
                  .output = memfd_create("output", MFD_CLOEXEC),
                  .summary = memfd_create("summary", MFD_CLOEXEC),
                  .processor = idle.back()};
      idle.pop_back();
      std::fflush(nullptr);
      const pid_t process = fork();
      if (process == 0) be_child(child, scenario);
      children.emplace(process, child);
      continue;
    }
    int status = 0;
    rusage used{};
    const pid_t ended = wait4(-1, &status, 0, &used);
    auto child = children.find(ended);
    if (child == children.end()) continue;
    idle.push_back(child->second.processor);
    Outcome outcome = outcome_of(child->second, status, used);
    children.erase(child);
    if (goes_on) goes_on = done(std::move(outcome));
  }
}

std::string Outcome::end_of_output(size_t lines) const {
  size_t begin = output.size();
  for (size_t line = 0; line <= lines && begin != 0 && begin != std::string::npos; ++line) {
    begin = output.rfind('\n', begin - 1);
  }
  return begin == std::string::npos || begin == 0 ? output : "...\n" + output.substr(begin + 1);
}

Outcome run_seed(uint64_t seed, const Scenario& scenario) {
  Outcome only;
  run_seeds({.first = seed}, scenario, [&](Outcome outcome) {
    only = std::move(outcome);
    return true;
  });
  return only;
}

void fix_addresses(char** arguments) {
  const int now = personality(0xffffffff);
  if (now < 0 || (now & ADDR_NO_RANDOMIZE) != 0) return;
  if (personality(unsigned(now) | ADDR_NO_RANDOMIZE) < 0) return;
  execv("/proc/self/exe", arguments);
}

}  // namespace dfs::simulation
