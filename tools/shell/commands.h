#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "tools/shell/command.h"

namespace dfs::tools {

struct CommandEntry {
  std::string_view name;
  std::string_view usage;
  std::string_view description;
  std::unique_ptr<Command> (*make)();
};

// By name.
std::span<const CommandEntry> all_commands();
const CommandEntry* find_command(std::string_view name);

// One for each file dfs_*.cc.
std::unique_ptr<Command> make_append_to_file();
std::unique_ptr<Command> make_cat();
std::unique_ptr<Command> make_chgrp();
std::unique_ptr<Command> make_chmod();
std::unique_ptr<Command> make_chown();
std::unique_ptr<Command> make_count();
std::unique_ptr<Command> make_cp();
std::unique_ptr<Command> make_df();
std::unique_ptr<Command> make_du();
std::unique_ptr<Command> make_get();
std::unique_ptr<Command> make_getmerge();
std::unique_ptr<Command> make_head();
std::unique_ptr<Command> make_ls();
std::unique_ptr<Command> make_mkdir();
std::unique_ptr<Command> make_mv();
std::unique_ptr<Command> make_put();
std::unique_ptr<Command> make_rm();
std::unique_ptr<Command> make_rmdir();
std::unique_ptr<Command> make_setrep();
std::unique_ptr<Command> make_stat();
std::unique_ptr<Command> make_tail();
std::unique_ptr<Command> make_test();
std::unique_ptr<Command> make_touchz();

}  // namespace dfs::tools
