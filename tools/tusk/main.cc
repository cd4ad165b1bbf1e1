#include "tools/tusk/main.h"

#include <cstdio>
#include <string_view>

#include "tools/fuse/mount.h"
#include "tools/shell/shell.h"

namespace {

struct Verb {
  std::string_view name;
  int (*run)(int, char**);
  const char* summary;
};

constexpr Verb kVerbs[] = {
    {"namenode", run_namenode, "run a NameNode, or -format its folders"},
    {"datanode", run_datanode, "run a DataNode"},
    {"local", run_local, "run a NameNode and three DataNodes in one process"},
    {"dfs", dfs::tools::run_dfs, "list, copy and change files (dfs -help)"},
    {"mount", dfs::tools::run_mount, "mount a file system as a folder"},
    {"inspect", run_inspect, "look into the folders of a stopped NameNode"},
};

void usage(std::FILE* to) {
  std::fputs("usage: tusk VERB [ARGUMENT...]\n\n", to);
  for (const Verb& verb : kVerbs) {
    std::fprintf(to, "  %-10.*s %s\n", int(verb.name.size()), verb.name.data(), verb.summary);
  }
  std::fputs("\n`tusk VERB --help` explains a verb.\n", to);
}

}  // namespace

int main(int count, char** arguments) {
  std::string_view name = count > 1 ? arguments[1] : "";
  for (const Verb& verb : kVerbs) {
    if (name == verb.name) return verb.run(count - 1, arguments + 1);
  }
  if (name == "version" || name == "--version") {
    std::puts("tusk " TUSK_VERSION);
    return 0;
  }
  bool asked = name == "help" || name == "--help" || name == "-h";
  if (!asked && count > 1) std::fprintf(stderr, "tusk: there is no verb '%s'\n", arguments[1]);
  usage(asked ? stdout : stderr);
  return asked ? 0 : 2;
}
