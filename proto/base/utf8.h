#pragma once

#include <string_view>

namespace dfs {

// Whether `text` is UTF-8 as Unicode defines it: shortest forms, no surrogates, nothing above U+10FFFF.
//
// HDFS names are Java strings. A name that is not UTF-8 would be stored with replacement characters in it, so that two
// different names become the same file.
bool is_utf8(std::string_view text);

}  // namespace dfs
