#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "namenode/namespace/plan.h"
#include "namenode/store/tables.h"
#include "proto/base/task_fwd.h"

namespace dfs::namenode {

// The one writer: plans and applies mutations a batch at a time, has the journal make the batch durable with one sync,
// publishes the state and only then answers. (design.md "One state machine, one writer, many readers".)
//
// write() and run() may be awaited from any executor; the answer resumes there.
class NamespaceThread {
 public:
  virtual ~NamespaceThread() = default;

  // Plans on the namespace thread. The answer comes back when its records are durable and published. Errors of the plan
  // are answered likewise, so that a caller never sees an error that depends on state which a crash could undo.
  // A failed journal answers kIo with the reason, and nothing is changed any more.
  template <class T>
  Task<Result<T>> write(Caller caller, std::function<Result<Planned<T>>(const PlanContext&)> plan);

  // The same without an answer: nobody waits, and what comes of it shows in the state alone. Dropped when the queue is
  // full, the journal has failed, or we are stopping.
  void write_unawaited(Caller caller, std::function<Result<Planned<Done>>(const PlanContext&)> plan);

  // Work on the namespace thread that journals nothing: reports and heartbeats. May change location rows.
  struct Unjournaled {
    const View& view;
    Batch& batch;
    LeaseTable& leases;
    WallTime wall;
    TimePoint now;
  };
  template <class T>
  Task<Result<T>> run(std::function<Result<T>(const Unjournaled&)> work);

  // The last published moment, for readers. Thread-safe, never blocks.
  struct Moment {
    std::shared_ptr<const View> view;
    TransactionId applied = kNoTransaction;
  };
  virtual Moment published() const = 0;

 protected:
  // A step runs on the namespace thread and leaves its outcome with its caller; see commit.cc.
  struct Step {
    virtual ~Step() = default;
    virtual void plan(const PlanContext& context, std::vector<EditRecord>& records, Batch& locations) = 0;
    virtual void fail(Error error) = 0;
    Caller caller;
    bool ends_segment = false;  // a roll: plan() is not called
  };
  virtual Task<void> submit(Step& step) = 0;
  virtual void submit_unawaited(std::unique_ptr<Step> step) = 0;

 private:
  template <class T>
  struct Mutation;
};

}  // namespace dfs::namenode

#include "namenode/commit/namespace_thread_inl.h"
