#pragma once

#include <string_view>

namespace dfs {

// A setting by its name in Hadoop's files, its default as it would stand there, and how its value is read.
struct Key {
  std::string_view name;
  std::string_view default_value;
};
struct StringKey : Key {};        // without surrounding space
struct ListKey : Key {};          // separated by commas or line ends
struct IntKey : Key {};           // decimal or 0x
struct DoubleKey : Key {};        // Java's suffixes f and d are allowed
struct BoolKey : Key {};          // true or false, in any case
struct SizeKey : Key {};          // bytes; a suffix k, m, g, t, p or e multiplies by powers of 1024
struct MillisecondsKey : Key {};  // a suffix ns, us, ms, s, m, h or d overrides the unit
struct SecondsKey : Key {};       // likewise

namespace keys {
#define DFS_KEY(constant, type, name, default_value) inline constexpr type constant{{name, default_value}};
#include "proto/config/keys.def"
#undef DFS_KEY
}  // namespace keys

}  // namespace dfs
