#include "tools/shell/commands.h"

#include <algorithm>

namespace dfs::tools {
namespace {

constexpr std::string_view kPutUsage = "[-f] [-p] [-d] <localsrc> ... <dst>";
constexpr std::string_view kGetUsage = "[-f] [-p] [-ignoreCrc] <src> ... <localdst>";

constexpr CommandEntry kCommands[] = {
    {"appendToFile", "[-n] <localsrc> ... <dst>",
     "Adds local files, or standard input for -, to the end of <dst>, which is created if it is not there.\n"
     "-n: begin with a block of its own.",
     make_append_to_file},
    {"cat", "[-ignoreCrc] <src> ...", "Prints files.", make_cat},
    {"chgrp", "[-R] GROUP PATH...", "Changes the group, like -chown :GROUP.", make_chgrp},
    {"chmod", "[-R] <MODE[,MODE]... | OCTALMODE> PATH...",
     "Changes permissions. MODE is as for the shell's chmod with the letters rwxXt; no umask is applied.\n"
     "-R: everything below as well.",
     make_chmod},
    {"chown", "[-R] [OWNER][:[GROUP]] PATH...", "Changes owner and group.\n-R: everything below as well.", make_chown},
    {"copyFromLocal", kPutUsage, "The same as -put.", make_put},
    {"copyToLocal", kGetUsage, "The same as -get.", make_get},
    {"count", "[-q] [-u] [-h] [-v] <path> ...",
     "Counts directories, files and bytes: DIR_COUNT FILE_COUNT CONTENT_SIZE PATHNAME.\n"
     "-q: quotas before them. -h: sizes for people. -v: a header line.",
     make_count},
    {"cp", "[-f] [-p] [-d] <src> ... <dst>",
     "Copies files and folders.\n-f: overwrite. -p: keep times, owner and permission. -d: no temporary file.", make_cp},
    {"df", "[-h] [<path> ...]", "Shows capacity, used and free space of the file system.\n-h: sizes for people.",
     make_df},
    {"du", "[-s] [-h] [-v] <path> ...",
     "Shows size, disk space with all replicas, and name of each entry.\n"
     "-s: one line for each path. -h: sizes for people. -v: a header line.",
     make_du},
    {"get", kGetUsage,
     "Copies files to the local file system. With several, <localdst> must be a folder.\n"
     "-f: overwrite. -p: keep times, owner and mode.",
     make_get},
    {"getmerge", "[-nl] [-skip-empty-file] <src> <localdst>",
     "Joins the files of the folders to one local file.\n"
     "-nl: a line end after each. -skip-empty-file: but not after empty ones.",
     make_getmerge},
    {"head", "<file>", "Prints the first kilobyte of a file.", make_head},
    {"help", "[cmd ...]", "Explains a command, or all.", nullptr},
    {"ls", "[-C] [-d] [-h] [-q] [-R] [-t] [-S] [-r] [-u] [<path> ...]",
     "Lists: permission, replicas, owner, group, bytes, modification time, path.\n"
     "-C: paths only. -d: a folder itself, not what is in it. -h: sizes for people. -q: ? for what cannot be printed.\n"
     "-R: everything below. -t: by time. -S: by size. -r: in reverse. -u: access time instead of modification time.",
     make_ls},
    {"mkdir", "[-p] <path> ...", "Makes folders.\n-p: with their parents, and no error if they are there.", make_mkdir},
    {"mv", "<src> ... <dst>", "Renames; with several sources, <dst> must be a folder.", make_mv},
    {"put", kPutUsage,
     "Copies local files, or standard input for -, into the file system.\n"
     "-f: overwrite. -p: keep times, owner and mode. -d: no temporary file.",
     make_put},
    {"rm", "[-f] [-r|-R] [-skipTrash] [-safely] <src> ...",
     "Removes files; moves them to the trash where fs.trash.interval is set.\n"
     "-f: no error for what is not there. -r: folders with what is in them. -skipTrash: remove for good.\n"
     "-safely: ask before more than hadoop.shell.safely.delete.limit.num.files (100) files are removed.",
     make_rm},
    {"rmdir", "[--ignore-fail-on-non-empty] <dir> ...", "Removes empty folders.", make_rmdir},
    {"setrep", "[-R] [-w] <rep> <path> ...",
     "Sets how many replicas files have, also those in folders.\n-w: wait until it is so.", make_setrep},
    {"stat", "[format] <path> ...",
     "Prints what the format says: %a %A permission, %b bytes, %F type, %g group, %n name, %o block size,\n"
     "%r replicas, %u owner, %x %X access time, %y %Y modification time (UTC, or milliseconds). Default %y.",
     make_stat},
    {"tail", "[-f] [-s <sleep interval>] <file>",
     "Prints the last kilobyte of a file.\n-f: goes on as it grows, looking every -s milliseconds.", make_tail},
    {"test", "-[defswrz] <path>",
     "Answers by exit status: -d a folder, -e there, -f a file, -s not empty, -w writable, -r readable, -z empty.",
     make_test},
    {"touchz", "<path> ...", "Makes empty files.", make_touchz},
};

}  // namespace

std::span<const CommandEntry> all_commands() {
  return kCommands;
}

const CommandEntry* find_command(std::string_view name) {
  const auto* found = std::ranges::find(kCommands, name, &CommandEntry::name);
  return found == std::end(kCommands) ? nullptr : found;
}

}  // namespace dfs::tools
