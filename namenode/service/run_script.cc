#include "namenode/service/run_script.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

extern char** environ;

namespace dfs::namenode {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr size_t kOutputMax = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

std::unexpected<Error> failed(const std::vector<std::string>& command, std::string_view why) {
  return fail(ErrorCode::kIo, fmt::format("{}: {}", command.front(), why));
}

// Waits until there is something to read, or the process that a descriptor stands for has ended. False: time is over.
bool wait_for(int fd, steady_clock::time_point deadline) {
  while (true) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd wanted{fd, POLLIN, 0};
    const int ready = poll(&wanted, 1, int(std::clamp<int64_t>(left.count(), 0, INT32_MAX)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// In a process group of its own, so that what it starts can be ended with it; signals as a shell would give them.
Result<pid_t> spawn(const std::vector<std::string>& command, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, arguments.front(), &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return failed(command, std::strerror(error));
  return pid;
}

}  // namespace

Result<std::string> run_script(const std::vector<std::string>& command, milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failed(command, std::strerror(errno));
  Descriptor from(ends[0]), to(ends[1]);
  DFS_TRY(pid_t pid, spawn(command, to.get()));
  to.reset();
  Descriptor process(int(syscall(SYS_pidfd_open, pid, 0)));

  std::string output;
  bool in_time = true, too_much = false;
  while (in_time && !too_much) {
    in_time = wait_for(from.get(), deadline);
    if (!in_time) break;
    char buffer[4096];
    const ssize_t count = ::read(from.get(), buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    output.append(buffer, size_t(count));
    too_much = output.size() > kOutputMax;
  }
  if (in_time && !too_much && process.get() >= 0) in_time = wait_for(process.get(), deadline);
  if (!in_time || too_much) ::kill(-pid, SIGKILL);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (too_much) return failed(command, "writes too much");
  if (!in_time) return failed(command, fmt::format("did not end within {} ms", limit.count()));
  if (WIFSIGNALED(status)) return failed(command, fmt::format("ended by signal {}", WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0) return failed(command, fmt::format("ended with code {}", WEXITSTATUS(status)));
  return output;
}

}  // namespace dfs::namenode
