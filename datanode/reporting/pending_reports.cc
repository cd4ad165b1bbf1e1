#include "datanode/reporting/pending_reports.h"

namespace dfs::datanode {
using hadoop::hdfs::datanode::ReceivedDeletedBlockInfoProto;

void PendingReports::set_wake(std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

void PendingReports::add(const Block& block, const std::string& storage_id,
                         ReceivedDeletedBlockInfoProto::BlockStatus status, const std::string& delete_hint) {
  ReceivedDeletedBlockInfoProto report;
  report.mutable_block()->set_blockid(raw(block.id));
  report.mutable_block()->set_genstamp(raw(block.generation));
  report.mutable_block()->set_numbytes(block.length_bytes);
  report.set_status(status);
  if (!delete_hint.empty()) report.set_deletehint(delete_hint);
  std::function<void()> wake;
  {
    std::lock_guard lock(mutex_);
    // A block moved between two storages has one state only.
    for (auto& [storage, blocks] : blocks_) blocks.erase(raw(block.id));
    blocks_[storage_id][raw(block.id)] = std::move(report);
    wake = raise(status == ReceivedDeletedBlockInfoProto::RECEIVED ? Urgency::kNow : Urgency::kLater);
  }
  if (wake) wake();
}

std::function<void()> PendingReports::raise(Urgency urgency) {
  if (urgency <= urgency_) return nullptr;
  urgency_ = urgency;
  return wake_;
}

void PendingReports::receiving(const Block& block, const std::string& storage_id) {
  add(block, storage_id, ReceivedDeletedBlockInfoProto::RECEIVING, "");
}
void PendingReports::received(const Block& block, const std::string& storage_id, const std::string& delete_hint) {
  add(block, storage_id, ReceivedDeletedBlockInfoProto::RECEIVED, delete_hint);
}
void PendingReports::deleted(const Block& block, const std::string& storage_id) {
  add(block, storage_id, ReceivedDeletedBlockInfoProto::DELETED, "");
}

void PendingReports::corrupt(const Block& block, const std::string& storage_id) {
  put_back(std::set<Corrupt>{{block, storage_id, ""}});
}
void PendingReports::remote_corrupt(const Block& block, const hadoop::hdfs::DatanodeIDProto& source) {
  put_back(std::set<Corrupt>{{block, "", source.SerializeAsString()}});
}

PendingReports::StorageBlocks PendingReports::take() {
  std::lock_guard lock(mutex_);
  urgency_ = Urgency::kNone;
  return std::exchange(blocks_, {});
}

void PendingReports::put_back(StorageBlocks blocks) {
  std::lock_guard lock(mutex_);
  urgency_ = Urgency::kNow;  // whoever puts it back knows
  for (auto& [storage, reports] : blocks) {
    for (auto& [id, report] : reports) {
      bool newer = false;
      for (const auto& [other, known] : blocks_) newer = newer || known.contains(id);
      if (!newer) blocks_[storage].emplace(id, std::move(report));
    }
  }
}

std::set<PendingReports::Corrupt> PendingReports::take_corrupt() {
  std::lock_guard lock(mutex_);
  return std::exchange(corrupt_, {});
}

void PendingReports::put_back(std::set<Corrupt> corrupt) {
  std::function<void()> wake;
  {
    std::lock_guard lock(mutex_);
    corrupt_.merge(corrupt);
    wake = wake_;
  }
  if (wake) wake();
}

PendingReports::Urgency PendingReports::urgency() const {
  std::lock_guard lock(mutex_);
  return corrupt_.empty() ? urgency_ : Urgency::kNow;
}

}  // namespace dfs::datanode
