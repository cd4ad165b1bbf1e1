#pragma once

#include <optional>
#include <utility>

namespace dfs::namenode {

template <class T, class Plan>
struct NamespaceThread::Mutation final : Step {
  explicit Mutation(Caller who, Plan with) : make(std::move(with)) { caller = std::move(who); }
  void plan(const PlanContext& context, std::vector<EditRecord>& records, Batch& locations) override {
    Result<Planned<T>> planned = make(context);
    if (!planned) {
      outcome = std::unexpected(std::move(planned).error());
      return;
    }
    records = std::move(planned->records);
    locations = std::move(planned->locations);
    outcome = std::move(planned->value);
  }
  void fail(Error error) override { outcome = std::unexpected(std::move(error)); }

  Plan make;
  std::optional<Result<T>> outcome;
};

template <class T, class Work>
struct NamespaceThread::Errand final : Step {
  explicit Errand(Work work) : make(std::move(work)) {}
  void plan(const PlanContext& context, std::vector<EditRecord>&, Batch& locations) override {
    outcome = make(Unjournaled{context.view, locations, context.leases, context.wall, context.now});
  }
  void fail(Error error) override { outcome = std::unexpected(std::move(error)); }

  Work make;
  std::optional<Result<T>> outcome;
};

template <class T, class Asked>
Later<Result<T>> NamespaceThread::answer(NamespaceThread& thread, Asked step) {
  co_await Answered{thread, step};
  co_return *std::move(step.outcome);
}

template <class T, class Plan>
Later<Result<T>> NamespaceThread::write(Caller caller, Plan plan) {
  return answer<T>(*this, Mutation<T, Plan>(std::move(caller), std::move(plan)));
}

template <class Plan>
void NamespaceThread::write_unawaited(Caller caller, Plan plan) {
  submit_unawaited(std::make_unique<Mutation<Done, Plan>>(std::move(caller), std::move(plan)));
}

template <class T, class Work>
Later<Result<T>> NamespaceThread::run(Work work) {
  return answer<T>(*this, Errand<T, Work>(std::move(work)));
}

}  // namespace dfs::namenode
