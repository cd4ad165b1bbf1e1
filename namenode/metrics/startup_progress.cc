#include "namenode/metrics/startup_progress.h"

#include <algorithm>

#include "proto/metrics/value.h"

namespace dfs::namenode {
namespace {

constexpr std::array<std::array<std::string_view, 2>, StartupProgress::kPhases> kNames = {{
    {"LoadingFsImage", "Loading fsimage"},
    {"LoadingEdits", "Loading edits"},
    {"SavingCheckpoint", "Saving checkpoint"},
    {"SafeMode", "Safe mode"},
}};

uint64_t between(TimePoint from, TimePoint to) {
  return uint64_t(std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count()));
}

float part(uint64_t count, uint64_t total) {
  return total == 0 ? 0.0F : std::min(1.0F, float(count) / float(total));
}

}  // namespace

float StartupProgress::PhaseView::percent() const {
  return complete() ? 1.0F : part(count(), total());
}

void StartupProgress::begin(Phase phase, TimePoint now) {
  std::lock_guard lock(mutex_);
  phases_[size_t(phase)].begun = now;
}

void StartupProgress::end(Phase phase, TimePoint now) {
  std::lock_guard lock(mutex_);
  phases_[size_t(phase)].ended = now;
}

void StartupProgress::set_file(Phase phase, std::string file) {
  std::lock_guard lock(mutex_);
  phases_[size_t(phase)].file = std::move(file);
}

void StartupProgress::set_step(Phase phase, Step step) {
  std::lock_guard lock(mutex_);
  phases_[size_t(phase)].step = std::move(step);
}

StartupProgress::View StartupProgress::view(TimePoint now) const {
  std::lock_guard lock(mutex_);
  View view;
  float sum = 0;
  for (size_t i = 0; i < kPhases; ++i) {
    const Tracked& tracked = phases_[i];
    PhaseView& phase = view.phases[i];
    phase.name = kNames[i][0];
    phase.description = kNames[i][1];
    phase.status = !tracked.begun ? "PENDING" : !tracked.ended ? "RUNNING" : "COMPLETE";
    phase.elapsed_ms = tracked.begun ? between(*tracked.begun, tracked.ended.value_or(now)) : 0;
    phase.file = tracked.file;
    phase.step = tracked.step;
    sum += phase.percent();
  }
  const Tracked& first = phases_.front();
  const Tracked& last = phases_.back();
  if (first.begun) view.elapsed_ms = between(*first.begun, last.ended.value_or(now));
  view.percent = last.ended ? 1.0F : sum / float(kPhases);
  return view;
}

std::string startup_progress_json(const StartupProgress::View& view) {
  using metrics::Array;
  using metrics::Object;
  Array phases;
  for (const StartupProgress::PhaseView& phase : view.phases) {
    Object fields = {{"name", phase.name},
                     {"desc", phase.description},
                     {"status", phase.status},
                     {"percentComplete", phase.percent()},
                     {"elapsedTime", phase.elapsed_ms}};
    if (phase.file) fields.emplace_back("file", *phase.file);
    Array steps;
    if (phase.step) {
      Object step;
      if (!phase.step->name.empty()) step = {{"name", phase.step->name}, {"desc", phase.step->description}};
      step.emplace_back("count", phase.step->count);
      step.emplace_back("total", phase.step->total);
      step.emplace_back("percentComplete", phase.complete() ? 1.0F : part(phase.step->count, phase.step->total));
      step.emplace_back("elapsedTime", phase.elapsed_ms);
      steps.emplace_back(std::move(step));
    }
    fields.emplace_back("steps", std::move(steps));
    phases.emplace_back(std::move(fields));
  }
  return metrics::to_json(
      Object{{"elapsedTime", view.elapsed_ms}, {"percentComplete", view.percent}, {"phases", std::move(phases)}},
      metrics::JsonLayout::kCompact);
}

}  // namespace dfs::namenode
