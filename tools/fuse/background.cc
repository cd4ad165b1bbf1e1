#include "tools/fuse/background.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>

namespace dfs::fuse {

int Background::detach() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    std::fprintf(stderr, "tusk mount: pipe: %s\n", std::strerror(errno));
    return 1;
  }
  pid_t child = fork();
  if (child < 0) {
    std::fprintf(stderr, "tusk mount: fork: %s\n", std::strerror(errno));
    return 1;
  }
  if (child == 0) {
    close(ends[0]);
    pipe_ = ends[1];
    setsid();
    return -1;
  }
  close(ends[1]);
  char word = 0;
  ssize_t count;
  do count = read(ends[0], &word, 1);
  while (count < 0 && errno == EINTR);
  if (count == 1) return 0;
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) != 0 ? WEXITSTATUS(status) : 1;
}

void Background::ready() {
  if (pipe_ < 0) return;
  if (chdir("/") != 0) std::perror("tusk mount: chdir /");
  int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing >= 0) {
    for (int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) dup2(nothing, standard);
    close(nothing);
  }
  ssize_t sent;
  do sent = write(pipe_, "r", 1);
  while (sent < 0 && errno == EINTR);
  close(pipe_);
  pipe_ = -1;
}

}  // namespace dfs::fuse
