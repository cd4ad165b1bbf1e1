#pragma once

#include <optional>
#include <utility>

namespace dfs::namenode {

// A step that submits itself when it is awaited, and comes to its outcome. It lives in the frame of who awaits it.
template <class T>
class NamespaceThread::Asked : public Step {
 public:
  explicit Asked(NamespaceThread& thread) : thread_(&thread) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting) {
    return thread_->submit(*this, {awaiting.promise().home, awaiting});
  }
  Result<T> await_resume() { return *std::move(outcome_); }

  void fail(Error error) override { outcome_ = std::unexpected(std::move(error)); }

 protected:
  std::optional<Result<T>> outcome_;

 private:
  NamespaceThread* thread_;
};

template <class T, class Plan>
class NamespaceThread::Mutation final : public Asked<T> {
 public:
  Mutation(NamespaceThread& thread, Caller&& who, Plan&& with) : Asked<T>(thread), plan_(std::move(with)) {
    this->caller = std::move(who);
  }
  void plan(const PlanContext& context, std::vector<EditRecord>& records, Batch& locations) override {
    Result<Planned<T>> planned = plan_(context);
    if (!planned) {
      this->outcome_ = std::unexpected(std::move(planned).error());
      return;
    }
    records = std::move(planned->records);
    locations = std::move(planned->locations);
    this->outcome_ = std::move(planned->value);
  }

 private:
  Plan plan_;
};

template <class T, class Work>
class NamespaceThread::Errand final : public Asked<T> {
 public:
  Errand(NamespaceThread& thread, Work&& work) : Asked<T>(thread), work_(std::move(work)) {}
  void plan(const PlanContext& context, std::vector<EditRecord>&, Batch& locations) override {
    this->outcome_ =
        work_(Unjournaled{context.view, locations, context.leases, context.wall, context.now, context.patience});
  }

 private:
  Work work_;
};

template <class T, class Plan>
NamespaceThread::Mutation<T, Plan> NamespaceThread::write(Caller caller, Plan plan) {
  return {*this, std::move(caller), std::move(plan)};
}

template <class Plan>
void NamespaceThread::write_unawaited(Caller caller, Plan plan) {
  submit_unawaited(std::make_unique<Mutation<Done, Plan>>(*this, std::move(caller), std::move(plan)));
}

template <class T, class Work>
NamespaceThread::Errand<T, Work> NamespaceThread::run(Work work) {
  return {*this, std::move(work)};
}

}  // namespace dfs::namenode
