#pragma once

#include <coroutine>
#include <memory>

#include "namenode/namespace/plan.h"
#include "namenode/store/tables.h"
#include "proto/base/later.h"

namespace dfs::namenode {

// The one writer: plans and applies mutations a batch at a time, has the journal make the batch durable with one sync,
// publishes the state and only then answers. (design.md "One state machine, one writer, many readers".)
//
// What write() and run() return is awaited in a Later, once, or made a Task; the answer comes where that runs.
class NamespaceThread {
 protected:
  struct Step;
  template <class T>
  class Asked;
  template <class T, class Plan>
  class Mutation;
  template <class T, class Work>
  class Errand;

 public:
  virtual ~NamespaceThread() = default;

  // Plans on the namespace thread. The answer comes back when its records are durable and published. Errors of the plan
  // are answered likewise, so that a caller never sees an error that depends on state which a crash could undo.
  // A failed journal answers kIo with the reason, and nothing is changed any more.
  // `plan`: Result<Planned<T>>(const PlanContext&).
  template <class T, class Plan>
  Mutation<T, Plan> write(Caller caller, Plan plan);

  // The same without an answer: nobody waits, and what comes of it shows in the state alone. Dropped when the queue is
  // full, the journal has failed, or we are stopping.
  template <class Plan>
  void write_unawaited(Caller caller, Plan plan);

  // Work on the namespace thread that journals nothing: reports and heartbeats. May change location rows.
  struct Unjournaled {
    const View& view;
    Batch& batch;
    LeaseTable& leases;
    WallTime wall;
    TimePoint now;
    Patience* patience = nullptr;  // as in PlanContext; what the work has written stays
  };
  // `work`: Result<T>(const Unjournaled&).
  template <class T, class Work>
  Errand<T, Work> run(Work work);

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
  // Takes `step` and resumes `waiting` when it has been answered; false where that is so already, and nobody is
  // resumed. The step lives until then.
  virtual bool submit(Step& step, Suspended waiting) = 0;
  virtual void submit_unawaited(std::unique_ptr<Step> step) = 0;
};

}  // namespace dfs::namenode

#include "namenode/commit/namespace_thread_inl.h"
