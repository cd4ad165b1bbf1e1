#pragma once

namespace dfs::tools {

// `tusk mount hdfs://HOST:PORT/ DIR [-f] [-o OPTION,...]`; argv[0] is the verb. Returns the exit code.
//
// Without -f the mount goes on in a process of its own, and this returns once it can be used, or with the reason why
// not. The mount ends by umount, fusermount3 -u, SIGTERM or SIGINT, and when its process dies.
int run_mount(int argc, char** argv);

}  // namespace dfs::tools
