#pragma once

#include "dfs/error.h"
#include "proto/base/error.h"

namespace dfs::client {

// Our error as users of libdfs see it.
fs::Error to_public(Error error);

template <class T>
fs::Result<T> to_public(Result<T> result) {
  if (!result) return std::unexpected(to_public(std::move(result).error()));
  if constexpr (std::is_void_v<T>)
    return {};
  else
    return *std::move(result);
}

}  // namespace dfs::client
