#pragma once

#include <boost/asio/awaitable.hpp>
#include <optional>
#include <utility>

namespace dfs::namenode {

template <class T>
struct NamespaceThread::Mutation final : Step {
  std::function<Result<Planned<T>>(const PlanContext&)> make;
  std::optional<Result<T>> outcome;
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
};

inline void NamespaceThread::write_unawaited(Caller caller,
                                             std::function<Result<Planned<Done>>(const PlanContext&)> plan) {
  auto mutation = std::make_unique<Mutation<Done>>();
  mutation->caller = std::move(caller);
  mutation->make = std::move(plan);
  submit_unawaited(std::move(mutation));
}

template <class T>
Task<Result<T>> NamespaceThread::write(Caller caller, std::function<Result<Planned<T>>(const PlanContext&)> plan) {
  Mutation<T> mutation;
  mutation.caller = std::move(caller);
  mutation.make = std::move(plan);
  co_await submit(mutation);
  co_return *std::move(mutation.outcome);
}

template <class T>
Task<Result<T>> NamespaceThread::run(std::function<Result<T>(const Unjournaled&)> work) {
  struct Errand final : Step {
    std::function<Result<T>(const Unjournaled&)> make;
    std::optional<Result<T>> outcome;
    void plan(const PlanContext& context, std::vector<EditRecord>&, Batch& locations) override {
      outcome = make(Unjournaled{context.view, locations, context.leases, context.wall, context.now});
    }
    void fail(Error error) override { outcome = std::unexpected(std::move(error)); }
  };
  Errand errand;
  errand.make = std::move(work);
  co_await submit(errand);
  co_return *std::move(errand.outcome);
}

}  // namespace dfs::namenode
