#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proto/rpc/method_table.h"
#include "proto/rpc/server.h"

namespace dfs::rpc {

// The protocols of one server by name, ProtocolMetaInfoPB among them, by which Hadoop's clients ask for versions.
// Immutable, thread-safe.
class ProtocolSet {
 public:
  // `protocols` outlive the set.
  explicit ProtocolSet(const std::vector<Protocol*>& protocols);
  ProtocolSet(const ProtocolSet&) = delete;
  ProtocolSet& operator=(const ProtocolSet&) = delete;
  ~ProtocolSet();

  // kNoSuchProtocol or kVersionMismatch with stock's messages.
  Result<Protocol*> find(std::string_view name, uint64_t version) const;

 private:
  class MetaInfo;
  std::unordered_map<std::string_view, Protocol*> protocols_;
  std::unique_ptr<MetaInfo> meta_;
};

}  // namespace dfs::rpc
