#include <fmt/format.h>

#include "namenode/service/client_methods.h"
#include "namenode/service/edit_events.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

void ClientEvents::add_to(rpc::MethodTable& table) {
  table.add("getEditsFromTxid", this, &ClientEvents::get_edits);
}

// NameNodeRpcServer.getEventBatchList. -1 stands for no transaction.
Task<Result<GetEditsFromTxidResponseProto>> ClientEvents::get_edits(const GetEditsFromTxidRequestProto& request,
                                                                    const rpc::CallContext& context) {
  DFS_CO_TRY_OK(require_superuser(access_, context, "getEditsFromTxid"));
  if (request.txid() < 0) {
    co_return fail(ErrorCode::kIo, fmt::format("Gap in transactions. Expected to be able to read up until at least "
                                               "txid 0 but unable to find any edit logs containing txid {}",
                                               request.txid()));
  }
  const TransactionId durable = access_.thread().published().applied;
  const size_t events_max = access_.settings().events_per_call_max;
  GetEditsFromTxidResponseProto response;
  EventsListProto& list = *response.mutable_eventslist();
  list.set_firsttxid(-1);
  list.set_lasttxid(-1);
  list.set_synctxid(int64_t(raw(durable)));
  auto wanted = TransactionId(uint64_t(request.txid()));
  size_t events = 0;
  while (wanted <= durable && events < events_max) {
    DFS_CO_TRY(std::vector<Edit> edits, co_await administration_.edits_from(wanted, durable, events_max - events));
    if (edits.empty()) break;
    if (list.firsttxid() == -1) list.set_firsttxid(int64_t(raw(edits.front().id)));
    for (const Edit& edit : edits) {
      EventBatchProto batch;
      add_events(edit.record, batch);
      list.set_lasttxid(int64_t(raw(edit.id)));
      wanted = next(edit.id);
      if (batch.events_size() == 0) continue;
      events += size_t(batch.events_size());
      batch.set_txid(int64_t(raw(edit.id)));
      *list.add_batch() = std::move(batch);
    }
  }
  co_return response;
}

}  // namespace dfs::namenode
