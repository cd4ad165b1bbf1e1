#pragma once

namespace dfs::tools {

// `tusk dfs`: the commands of Hadoop's FsShell with its options, messages and exit codes. arguments[0] is "dfs".
int run_dfs(int count, char** arguments);

}  // namespace dfs::tools
