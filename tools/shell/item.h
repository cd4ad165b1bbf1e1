#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/shell/store.h"

namespace dfs::tools {

// A path as the user wrote it, and what is there (org.apache.hadoop.fs.shell.PathData).
struct Item {
  std::string text;  // as printed: scheme, relative or absolute as it was written
  Store* store = nullptr;
  std::string path;
  std::optional<fs::FileStatus> status;

  bool exists() const { return status.has_value(); }
  bool is_directory() const { return status && status->is_directory(); }
  std::string name() const { return path.substr(path.rfind('/') + 1); }
  // "a/b/", "." and ".." can only mean a directory.
  bool looks_like_directory() const;

  static Outcome<Item> make(Stores& stores, const std::string& text);
  static Outcome<Item> make_local(Stores& stores, const std::string& text);
  Outcome<> refresh();
  // Without looking whether it is there.
  Item child(const std::string& name) const;
  Outcome<Item> found_child(const std::string& name) const;
  Outcome<std::vector<Item>> children() const;
  Outcome<bool> parent_exists() const;
};

// What matches, by path: *, ?, [a-z], [^a], {a,b} and \ in any component (org.apache.hadoop.fs.Globber). A text without
// wildcards whose path does not exist gives one item that does not exist; a pattern without matches none.
Outcome<std::vector<Item>> expand(Stores& stores, const std::string& text);

}  // namespace dfs::tools
