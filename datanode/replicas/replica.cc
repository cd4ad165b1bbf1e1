#include "datanode/replicas/replica.h"

#include <fmt/format.h>

#include "datanode/replicas/replica_map.h"
#include "proto/base/task.h"

namespace dfs::datanode {

std::optional<uint64_t> Replica::View::visible_bytes() const {
  switch (state == ReplicaState::kRur ? state_before_recovery : state) {
    case ReplicaState::kFinalized:
      return block.length_bytes;
    case ReplicaState::kRbw:
      return acknowledged_bytes;
    case ReplicaState::kRwr:
    case ReplicaState::kRur:
    case ReplicaState::kTemporary:
      return std::nullopt;
  }
  return std::nullopt;
}

Replica::View Replica::view() const {
  std::lock_guard lock(mutex_);
  return view_;
}

bool Replica::is_unchanged_since(const View& before) const {
  std::lock_guard lock(mutex_);
  return !claimed_ && view_.state == before.state && view_.block == before.block &&
         view_.directory == before.directory && view_.cuts == before.cuts;
}

uint64_t Replica::cuts() const {
  std::lock_guard lock(mutex_);
  return view_.cuts;
}

ReplicaClaim& ReplicaClaim::operator=(ReplicaClaim&& other) {
  if (this != &other) {
    release();
    replica_ = std::move(other.replica_);
  }
  return *this;
}

ReplicaClaim ReplicaClaim::attempt(std::shared_ptr<Replica> replica, std::function<void()> stop) {
  ReplicaClaim claim;
  std::lock_guard lock(replica->mutex_);
  if (replica->claimed_) return claim;
  replica->claimed_ = true;
  replica->stop_ = std::move(stop);
  claim.replica_ = replica;
  return claim;
}

void ReplicaClaim::ask_to_stop(Replica& replica) {
  std::function<void()> stop;
  {
    std::lock_guard lock(replica.mutex_);
    stop = replica.stop_;
  }
  if (stop) stop();
}

Task<Result<ReplicaClaim>> ReplicaClaim::obtain(std::shared_ptr<Replica> replica, std::function<void()> stop,
                                                std::chrono::milliseconds deadline) {
  using namespace std::chrono_literals;
  auto until = std::chrono::steady_clock::now() + deadline;
  while (true) {
    if (ReplicaClaim claim = attempt(replica, stop)) co_return claim;
    if (std::chrono::steady_clock::now() >= until) {
      co_return fail(ErrorCode::kIo, fmt::format("Unable to stop existing writer for blk_{} after {} ms",
                                                 int64_t(raw(replica->id())), deadline.count()));
    }
    ask_to_stop(*replica);
    DFS_CO_TRY_OK(co_await sleep_for(2ms));
  }
}

void ReplicaClaim::release() {
  if (!replica_) return;
  if (auto map = replica_->map_.lock()) map->settle(*replica_);
  std::function<void()> stop;
  {
    std::lock_guard lock(replica_->mutex_);
    replica_->claimed_ = false;
    stop.swap(replica_->stop_);
  }
  replica_.reset();
}

}  // namespace dfs::datanode
