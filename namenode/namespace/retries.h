#pragma once

#include <chrono>
#include <optional>

#include "namenode/journal/edit_record.h"
#include "namenode/namespace/plan.h"
#include "namenode/store/rows.h"

// Calls that are carried out once however often they are sent: those that Hadoop marks @AtMostOnce, and truncate
// (HDFS-16322: a truncate that is repeated cuts off what another client has appended meanwhile). Their first answer is
// a row beside what they changed, made from the record and the tables alone, so that a replay, also of edits that
// others wrote, makes the same. Calls are told apart by client and call id, which the records carry; that of a truncate
// carries none, so its row is made only where the call came in.
//
// A row counts for NamespaceSettings::retry_expiry from when it was made, and goes when its period and the next are
// over. A period is as long as that, so that a call is looked for in two of them.
namespace dfs::namenode {

// The ids of the call that `record` is of, if a repeated call has to find its answer. `caller` stands in for the ids
// that a record cannot carry.
const RpcIds& ids_to_remember(const EditRecord& record, const RpcIds& caller);

// Adds the row for `record` to the batch of its changes. `before`: the tables without them.
Result<void> remember_answer(const EditRecord& record, const RpcIds& ids, const View& before,
                             const NamespaceSettings& settings, WallTime wall, Batch& batch);
// The same for a call that is in no log and answers nothing but that it is done.
void remember_unlogged(const RpcIds& ids, const NamespaceSettings& settings, WallTime wall, Batch& batch);

// What was kept of this very call if it was the operation `operation`: another one under its ids is of a client that
// counts anew.
Result<std::optional<RetryRow>> find_retry(const View& view, const RpcIds& ids, uint8_t operation,
                                           const NamespaceSettings& settings, WallTime wall);

// The answer as the operation gave it. T: bool, Done, std::string, FileStatus, operations::Appended.
template <class T>
Result<T> first_answer(const View& view, const RetryRow& row);

// Which period `wall` is in; forget_retries() has something to do when that changes.
uint64_t retry_period(const NamespaceSettings& settings, WallTime wall);
void forget_retries(const NamespaceSettings& settings, WallTime wall, Batch& batch);

}  // namespace dfs::namenode
