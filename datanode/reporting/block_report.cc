#include "datanode/reporting/block_report.h"

#include "proto/base/bytes.h"

namespace dfs::datanode {

void list_replicas(const std::vector<std::shared_ptr<Replica>>& replicas, size_t buffer_bytes,
                   hadoop::hdfs::datanode::StorageBlockReportProto& report) {
  std::string* buffer = nullptr;
  uint64_t count = 0;
  for (const auto& replica : replicas) {
    Replica::View view = replica->view();
    ReplicaState state = view.state == ReplicaState::kRur ? view.state_before_recovery : view.state;
    if (state == ReplicaState::kTemporary) continue;
    if (buffer == nullptr || buffer->size() + 32 > buffer_bytes) {
      buffer = report.add_blocksbuffers();
      buffer->reserve(std::min<size_t>(buffer_bytes, replicas.size() * 12));
    }
    ByteWriter writer(*buffer);
    int64_t id = int64_t(raw(view.block.id));
    writer.varint((uint64_t(id) << 1) ^ uint64_t(id >> 63));
    writer.varint(view.block.length_bytes);
    writer.varint(raw(view.block.generation));
    writer.varint(uint64_t(state));
    ++count;
  }
  report.set_numberofblocks(count);
}

}  // namespace dfs::datanode
