#include "tests/simulation/invariants/replicas.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "datanode/replicas/layout.h"
#include "namenode/store/rows.h"

namespace dfs::simulation {
namespace {

constexpr Nanoseconds kPatience = 200 * kSecond;

struct FoundReplica {
  uint64_t length = 0;
  GenerationStamp generation{};
  auto operator<=>(const FoundReplica&) const = default;
};
// By block, then by DataNode.
using Replicas = std::map<BlockId, std::map<std::string, FoundReplica>>;

template <class T>
T need(Result<T> result) {
  if (!result) give_up("while checking replicas: " + result.error().to_string());
  return *std::move(result);
}

// Every sum of the meta file, against the block file.
std::string check_sums(Disk& disk, const std::string& block, const std::string& meta) {
  const std::string data = need(disk.read_file(block)), sums = need(disk.read_file(meta));
  auto header = checksum::Checksum::parse_header(as_bytes(sums).subspan(2));
  if (!header) return meta + ": " + header.error().message();
  const size_t wanted = datanode::kMetaHeaderBytes + header->sums_bytes(data.size());
  if (sums.size() != wanted) return fmt::format("{} has {} bytes, not {}", meta, sums.size(), wanted);
  if (auto wrong = header->first_mismatch(as_bytes(data), as_bytes(sums).subspan(datanode::kMetaHeaderBytes))) {
    return fmt::format("{}: the sum of the chunk at {} does not match", block, *wrong);
  }
  return {};
}

// The finalized replicas below a directory.
std::string collect(Disk& disk, const std::string& directory, const std::string& node, Replicas& found) {
  std::map<BlockId, datanode::MetaFileName> metas;
  auto entries = disk.list(directory);
  if (!entries) return {};  // nothing was written yet
  for (const DirectoryEntry& entry : *entries) {
    auto meta = datanode::parse_meta_file_name(entry.name);
    if (!meta) continue;
    // One that a failed rename has left behind does not count.
    auto [newest, is_new] = metas.emplace(meta->id, *meta);
    if (!is_new && newest->second.generation < meta->generation) newest->second = *meta;
  }
  for (const DirectoryEntry& entry : *entries) {
    const std::string path = directory + "/" + entry.name;
    if (entry.is_directory) {
      if (std::string wrong = collect(disk, path, node, found); !wrong.empty()) return wrong;
      continue;
    }
    auto id = datanode::parse_block_file_name(entry.name);
    if (!id) continue;
    auto meta = metas.find(*id);
    if (meta == metas.end()) return path + " has no meta file";
    const std::string meta_path = directory + "/" + datanode::meta_file_name(*id, meta->second.generation);
    if (std::string wrong = check_sums(disk, path, meta_path); !wrong.empty()) return node + ": " + wrong;
    const FoundReplica replica{.length = need(need(disk.open(path, Disk::OpenMode::kRead))->size()),
                               .generation = meta->second.generation};
    // One on a volume that had failed may be back beside the copy that took its place: the better one is served.
    auto [served, is_only] = found[*id].emplace(node, replica);
    if (!is_only &&
        std::pair(served->second.generation, served->second.length) < std::pair(replica.generation, replica.length)) {
      served->second = replica;
    }
  }
  return {};
}

// Every file whose name begins so.
std::string paths_of(Disk& disk, const std::string& directory, const std::string& name) {
  std::string paths;
  for (const DirectoryEntry& entry : need(disk.list(directory))) {
    const std::string path = directory + "/" + entry.name;
    if (entry.is_directory) {
      paths += paths_of(disk, path, name);
    } else if (entry.name.starts_with(name)) {
      paths += " " + path;
    }
  }
  return paths;
}

}  // namespace

std::string what_is_wrong_with_replicas(Cluster& cluster) {
  using namespace namenode;
  Replicas on_disk;
  std::map<std::string, std::string> hosts;  // by the DataNode's uuid
  for (size_t i = 0; i < cluster.datanode_count(); ++i) {
    Cluster::DataNodeHost& one = cluster.datanode(i);
    hosts[one.node->uuid()] = one.host.name;
    for (const DirectoryEntry& volume : need(one.disk.list("/"))) {
      const std::string current = "/" + volume.name + "/current";
      for (const DirectoryEntry& pool : need(one.disk.list(current))) {
        if (!pool.is_directory) continue;
        std::string wrong = collect(one.disk, current + "/" + pool.name + "/current/finalized", one.host.name, on_disk);
        if (!wrong.empty()) return wrong;
      }
    }
  }
  const Tables& tables = *cluster.tables();
  std::map<StorageNumber, std::string> storages;
  (void)tables.scan(Table::kStorages, "", [&](std::string_view key, std::string_view value) {
    storages[StorageNumber(load_big_endian<uint32_t>(key.data()))] =
        hosts[need(decode<StorageRow>(value)).datanode_uuid];
    return true;
  });
  Replicas believed;
  std::string wrong;
  (void)tables.scan(Table::kFileBlocks, "", [&](std::string_view key, std::string_view value) {
    const BlockRow block = need(decode<BlockRow>(value));
    const InodeId file{load_big_endian<uint64_t>(key.data())};
    auto entry = need(find_entry_of(tables, file));
    auto inode = entry ? need(find_entry(tables, entry->parent, entry->name)) : std::nullopt;
    if (!inode) {
      wrong = fmt::format("block {} belongs to no file", raw(block.id));
      return false;
    }
    if (block.state != BlockState::kComplete) {
      wrong = fmt::format("block {} of {} is not complete", raw(block.id), entry->name);
      return false;
    }
    auto& of_block = believed[block.id];
    const std::vector<LocatedReplica> replicas = need(replicas_of(tables, block.id));
    for (const LocatedReplica& one : replicas) {
      // The only one may have been reported corrupt when its disk failed to read it: there is nothing to replace it.
      const bool is_all_there_is = replicas.size() == 1 && one.replica.state == ReplicaRowState::kCorrupt;
      if (one.replica.state != ReplicaRowState::kFinalized && !is_all_there_is) {
        wrong = fmt::format("block {}_{} of {} bytes, of {} x {}, has a replica {}_{} in state {} on {}", raw(block.id),
                            raw(block.generation_stamp), block.length, inode->replication, entry->name,
                            raw(one.replica.generation_stamp), one.replica.length, int(one.replica.state),
                            storages[one.storage]);
        return false;
      }
      of_block[storages[one.storage]] = {.length = one.replica.length, .generation = one.replica.generation_stamp};
      if (one.replica.length != block.length || one.replica.generation_stamp != block.generation_stamp) {
        wrong = fmt::format("block {}_{} of {} bytes has a replica of {}_{} bytes", raw(block.id),
                            raw(block.generation_stamp), block.length, raw(one.replica.generation_stamp),
                            one.replica.length);
        return false;
      }
    }
    const size_t wanted = std::min<size_t>(inode->replication, cluster.datanode_count());
    if (of_block.size() != wanted) {
      wrong = fmt::format("block {} of {} has {} replicas instead of {}", raw(block.id), entry->name, of_block.size(),
                          wanted);
      return false;
    }
    return true;
  });
  if (!wrong.empty()) return wrong;
  if (believed == on_disk) return {};
  const auto text_of = [](const Replicas& replicas) {
    std::string text;
    for (const auto& [id, of_block] : replicas) {
      text += fmt::format("{}:", raw(id));
      for (const auto& [node, replica] : of_block) {
        text += fmt::format(" {} {}_{}", node, raw(replica.generation), replica.length);
      }
      text += "; ";
    }
    return text;
  };
  Replicas missing, extra;
  for (const auto& [id, of_block] : believed) {
    if (auto found = on_disk.find(id); found == on_disk.end() || found->second != of_block) missing[id] = of_block;
  }
  for (const auto& [id, of_block] : on_disk) {
    if (auto found = believed.find(id); found == believed.end() || found->second != of_block) extra[id] = of_block;
  }
  std::string paths;
  for (const auto& [id, of_block] : extra) {
    for (size_t i = 0; i < cluster.datanode_count(); ++i) {
      Cluster::DataNodeHost& one = cluster.datanode(i);
      paths += "\n  " + one.host.name + ":" + paths_of(one.disk, "", datanode::block_file_name(id));
    }
  }
  return fmt::format("the NameNode believes in [{}], the disks hold [{}]{}", text_of(missing), text_of(extra), paths);
}

void check_replicas(Cluster& cluster, History& history) {
  std::string wrong;
  const auto right = [&] {
    wrong = what_is_wrong_with_replicas(cluster);
    if (!wrong.empty()) Cluster::pass(5 * kSecond);
    return wrong.empty();
  };
  if (Cluster::wait_until(kPatience, right)) return;
  // Of two replicas of a block on its volumes a DataNode serves one; the other is found when it starts again.
  for (size_t i = 0; i < cluster.datanode_count(); ++i) {
    cluster.kill_datanode(i);
    cluster.start_datanode(i);
  }
  for (size_t i = 0; i < cluster.datanode_count(); ++i) {
    Cluster::wait_until(kPatience, [&] { return cluster.is_up(i); });
  }
  if (!Cluster::wait_until(kPatience, right)) history.problem(wrong);
}

}  // namespace dfs::simulation
