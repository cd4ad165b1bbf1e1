#pragma once

#include <optional>
#include <string_view>

#include "namenode/store/rows.h"

namespace dfs::namenode {

// The feature whose state Hadoop keeps in this attribute, if we do not have it: what has the attribute would not be
// what it is for Hadoop. "an encryption zone", "an erasure coding policy".
std::optional<std::string_view> feature_we_lack(const ExtendedAttribute& xattr);

}  // namespace dfs::namenode
