#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/clock.h"

namespace dfs::namenode {

// How far a NameNode is with its start (Hadoop's StartupProgress): opening the tables stands in for loading an image.
// Thread-safe.
class StartupProgress {
 public:
  enum class Phase : uint8_t { kLoadingFsImage, kLoadingEdits, kSavingCheckpoint, kSafeMode };
  static constexpr size_t kPhases = 4;
  static constexpr std::string_view kStepOfSafeMode = "AwaitingReportedBlocks";

  struct Step {
    std::string name{}, description{};  // either may be empty
    uint64_t count = 0, total = 0;
  };
  struct PhaseView {
    std::string_view name, description;
    std::string_view status;  // PENDING, RUNNING, COMPLETE
    uint64_t elapsed_ms = 0;
    std::optional<std::string> file{};
    std::optional<Step> step{};
    uint64_t count() const { return step ? step->count : 0; }
    uint64_t total() const { return step ? step->total : 0; }
    bool complete() const { return status == "COMPLETE"; }
    float percent() const;
  };
  struct View {
    uint64_t elapsed_ms = 0;
    float percent = 0;
    std::array<PhaseView, kPhases> phases;
  };

  void begin(Phase phase, TimePoint now);
  void end(Phase phase, TimePoint now);
  void set_file(Phase phase, std::string file);
  void set_step(Phase phase, Step step);
  View view(TimePoint now) const;

 private:
  struct Tracked {
    std::optional<TimePoint> begun{}, ended{};
    std::optional<std::string> file{};
    std::optional<Step> step{};
  };
  mutable std::mutex mutex_;
  std::array<Tracked, kPhases> phases_;
};

// The JSON of /startupProgress.
std::string startup_progress_json(const StartupProgress::View& view);

}  // namespace dfs::namenode
