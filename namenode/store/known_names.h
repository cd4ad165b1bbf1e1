#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dfs::namenode {

// The names in directories that were seen empty, as hashes: who makes a name learns here that it is not there yet, and
// need not look for it in all layers of the tables. Not thread-safe.
class KnownNames {
 public:
  // Up to about so many names, and half of them in one directory, are kept: those of directories that were asked for or
  // grew lately.
  explicit KnownNames(size_t names_max) : names_max_(names_max) {}

  // There is nothing in the directory of this id.
  void is_empty(uint64_t directory);
  // There is something under this key of kEntries (see rows.h), or was.
  void add(std::string_view entry_key);
  // Whether it is known that nothing is.
  bool lacks(std::string_view entry_key);

 private:
  // The hashes of names are spread well.
  struct Same {
    using is_avalanching = void;
    size_t operator()(uint64_t hash) const { return hash; }
  };
  using Names = boost::unordered_flat_set<uint64_t, Same>;
  using Directories = boost::unordered_flat_map<uint64_t, Names>;

  // Null: the directory is not known whole.
  Names* names_of(uint64_t directory);
  void make_room();

  const size_t names_max_;
  // Two generations: what is used moves to the young one, and when that is full the old one goes.
  Directories young_, old_;
  size_t young_names_ = 0;  // each directory counts for one as well
};

}  // namespace dfs::namenode
