#include "namenode/service/bad_replicas.h"

#include "namenode/blocks/blocks.h"
#include "namenode/store/rows.h"

namespace dfs::namenode {

namespace {

using Reported = google::protobuf::RepeatedPtrField<hadoop::hdfs::LocatedBlockProto>;

Result<Done> mark(Blocks& blocks, const Reported& reported, const NamespaceThread::Unjournaled& work) {
  for (const auto& located : reported) {
    DFS_TRY(auto owner, find_owner(work.view, BlockId{located.b().blockid()}));
    if (!owner) continue;
    DFS_TRY(auto row, find_owned_block(work.view, *owner));
    if (!row || raw(row->generation_stamp) != located.b().generationstamp()) continue;
    for (int i = 0; i < located.locs_size(); ++i) {
      std::string storage = i < located.storageids_size() ? located.storageids(i) : std::string();
      DFS_TRY_OK(blocks.report_bad(work.view, work.batch, *row, located.locs(i).id().datanodeuuid(), storage));
    }
  }
  return Done();
}

}  // namespace

Later<Result<Done>> report_bad_replicas(NamespaceThread& writer, Blocks& blocks, Reported reported) {
  co_return co_await writer.run<Done>(
      [&blocks, all = std::move(reported)](const NamespaceThread::Unjournaled& unjournaled) {
        return mark(blocks, all, unjournaled);
      });
}

}  // namespace dfs::namenode
