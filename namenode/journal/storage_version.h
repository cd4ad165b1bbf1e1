#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "namenode/journal/edit_codec.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// Which namespace a storage directory belongs to: current/VERSION of a NameNode (NNStorage), a Java properties file.
struct StorageVersion {
  int32_t layout_version = kLayoutVersion;
  int32_t namespace_id = 0;
  std::string cluster_id{};
  std::string block_pool_id{};
  uint64_t creation_time_ms = 0;
  bool operator==(const StorageVersion&) const = default;

  // Ids for a new namespace as Hadoop makes them: "CID-<uuid>" unless `cluster_id` is given, and
  // "BP-<random>-<address>-<now>".
  static StorageVersion generate(std::string cluster_id, std::string_view address, uint64_t now_ms, uint64_t random);
  // kCorruptFormat with what is missing or wrong, kIncorrectVersion for a layout that is not read.
  static Result<StorageVersion> parse(std::string_view text);
  std::string to_text() const;
};

}  // namespace dfs::namenode
