#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/config/configuration.h"
#include "proto/io/stream.h"

// Folders and addresses as Hadoop's settings write them. Errors are kConfiguration and name the key.
namespace dfs {

// "file:///a", "file:/a" and "/a" are the same folder "/a"; anything else is an error. `text` is (a part of) the value
// of `key`.
Result<std::string> folder_in(const Configuration& configuration, const Key& key, std::string_view text);

// The value of `key` as an address; `default_port` where it names none.
Result<Endpoint> endpoint_of(const Configuration& configuration, StringKey key, uint16_t default_port);

// Where the NameNode serves RPC: dfs.namenode.rpc-address, or the address in fs.defaultFS.
Result<Endpoint> namenode_endpoint(const Configuration& configuration);

}  // namespace dfs
