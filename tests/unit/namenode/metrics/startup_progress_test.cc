#include "namenode/metrics/startup_progress.h"

#include <gtest/gtest.h>

namespace dfs::namenode {
namespace {

using namespace std::chrono_literals;
using Phase = StartupProgress::Phase;

TEST(StartupProgress, GoesThroughItsPhases) {
  StartupProgress progress;
  const TimePoint at{1h};
  EXPECT_EQ(progress.view(at).elapsed_ms, 0u);
  EXPECT_EQ(progress.view(at).phases[0].status, "PENDING");
  progress.begin(Phase::kLoadingFsImage, at);
  progress.set_file(Phase::kLoadingFsImage, "/name/tables");
  StartupProgress::View view = progress.view(at + 5ms);
  EXPECT_EQ(view.phases[0].status, "RUNNING");
  EXPECT_EQ(view.phases[0].elapsed_ms, 5u);
  EXPECT_EQ(view.percent, 0);
  progress.end(Phase::kLoadingFsImage, at + 10ms);
  progress.begin(Phase::kLoadingEdits, at + 10ms);
  progress.set_step(Phase::kLoadingEdits, {.count = 1, .total = 2});
  view = progress.view(at + 20ms);
  EXPECT_EQ(view.phases[0].elapsed_ms, 10u);
  EXPECT_FLOAT_EQ(view.percent, 0.375F);
  EXPECT_EQ(view.elapsed_ms, 20u);
  progress.begin(Phase::kSafeMode, at + 30ms);
  progress.end(Phase::kSafeMode, at + 40ms);
  view = progress.view(at + 1h);
  EXPECT_EQ(view.percent, 1);
  EXPECT_EQ(view.elapsed_ms, 40u);
}

TEST(StartupProgress, IsWrittenAsHadoopWritesIt) {
  StartupProgress progress;
  const TimePoint at{1h};
  progress.begin(Phase::kLoadingFsImage, at);
  progress.set_file(Phase::kLoadingFsImage, "/t");
  progress.end(Phase::kLoadingFsImage, at + 1ms);
  progress.begin(Phase::kSafeMode, at + 1ms);
  progress.set_step(Phase::kSafeMode, {"AwaitingReportedBlocks", "awaiting reported blocks", 1, 4});
  EXPECT_EQ(startup_progress_json(progress.view(at + 3ms)),
            R"({"elapsedTime":3,"percentComplete":0.3125,"phases":[)"
            R"({"name":"LoadingFsImage","desc":"Loading fsimage","status":"COMPLETE","percentComplete":1.0,)"
            R"("elapsedTime":1,"file":"/t","steps":[]},)"
            R"({"name":"LoadingEdits","desc":"Loading edits","status":"PENDING","percentComplete":0.0,)"
            R"("elapsedTime":0,"steps":[]},)"
            R"({"name":"SavingCheckpoint","desc":"Saving checkpoint","status":"PENDING","percentComplete":0.0,)"
            R"("elapsedTime":0,"steps":[]},)"
            R"({"name":"SafeMode","desc":"Safe mode","status":"RUNNING","percentComplete":0.25,"elapsedTime":2,)"
            R"("steps":[{"name":"AwaitingReportedBlocks","desc":"awaiting reported blocks","count":1,"total":4,)"
            R"("percentComplete":0.25,"elapsedTime":2}]}]})");
}

}  // namespace
}  // namespace dfs::namenode
