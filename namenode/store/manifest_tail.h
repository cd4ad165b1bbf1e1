#pragma once

#include <rocksdb/file_system.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace dfs::namenode {

// RocksDB appends to its MANIFEST and syncs it after each change. A power cut before that sync may leave any sectors of
// what was appended: RocksDB takes a record whose middle is missing for damage and does not open, although nobody was
// told of it. (What ends early it drops by itself.)

// How much of a MANIFEST is to be read: all of it, or up to such a remainder. That is a record that is not whole, from
// which on at least one sector was never written. Without that it is damage, and left for RocksDB to find.
size_t end_of_synced_records(std::string_view manifest);

// The files of `target`, where a MANIFEST ends before such a remainder. Nothing is cut off on the disk: RocksDB begins
// a new one whenever it opens.
std::shared_ptr<rocksdb::FileSystem> without_torn_manifest_tails(const std::shared_ptr<rocksdb::FileSystem>& target);

}  // namespace dfs::namenode
