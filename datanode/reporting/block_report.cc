#include "datanode/reporting/block_report.h"

#include "proto/base/bytes.h"

namespace dfs::datanode {

void list_replicas(const ReplicaMap& replicas, const Volume& volume, size_t buffer_bytes,
                   hadoop::hdfs::datanode::StorageBlockReportProto& report) {
  std::string* buffer = nullptr;
  uint64_t count = 0;
  replicas.visit(volume, [&](const ReplicaMap::Listed& listed) {
    if (listed.state == ReplicaState::kTemporary) return;
    if (buffer == nullptr || buffer->size() + 32 > buffer_bytes) buffer = report.add_blocksbuffers();
    ByteWriter writer(*buffer);
    int64_t id = int64_t(raw(listed.block.id));
    writer.varint((uint64_t(id) << 1) ^ uint64_t(id >> 63));
    writer.varint(listed.block.length_bytes);
    writer.varint(raw(listed.block.generation));
    writer.varint(uint64_t(listed.state));
    ++count;
  });
  report.set_numberofblocks(count);
}

}  // namespace dfs::datanode
