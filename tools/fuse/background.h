#pragma once

namespace dfs::fuse {

// Goes on in a process of its own, as daemons do. In the caller's process this returns only the exit code, after the
// new process has called ready() or has ended; everything that has threads is made after detach(), in the new process.
class Background {
 public:
  // -1 in the new process; otherwise what the caller should exit with.
  int detach();
  // Lets the caller go and leaves its terminal. Without detach() nothing happens.
  void ready();

 private:
  int pipe_ = -1;
};

}  // namespace dfs::fuse
