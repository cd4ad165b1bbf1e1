#include "tests/unit/namenode/namespace/snapshot_fixture.h"

namespace dfs::namenode {
namespace {

using Lines = std::vector<std::string>;

class SnapshotDifferences : public SnapshotFixture {};

TEST_F(SnapshotDifferences, DifferencesAreReportedInBothDirectionsAndPageByPage) {
  make_directory("/d/keep").value();
  make_directory("/d/gone").value();
  make_directory("/d/moved").value();
  write_file("/d/keep/same", {10});
  write_file("/d/keep/longer", {10});
  write_file("/d/keep/replaced", {10});
  write_file("/d/moved/inside", {10});
  allow("/d").value();
  take("/d", "s1").value();
  EXPECT_EQ(difference("/d", "s1", ""), Lines{});
  remove("/d/gone").value();
  remove("/d/keep/replaced").value();
  write_file("/d/keep/replaced", {10});
  write_file("/d/keep/fresh", {10});
  truncate("/d/keep/longer", 5).value();
  finish_recovery("/d/keep/longer");
  move("/d/moved", "/d/keep/here").value();
  chmod("/d/keep/here/inside", 0600).value();
  run(operations::set_times, operations::SetTimes{.path = "/d/keep/same", .modification_time_ms = 5}).value();
  take("/d", "s2").value();
  write_file("/d/after", {10});
  const Lines forth = {"M .",           "- gone",          "R moved -> keep/here", "M keep",
                       "+ keep/fresh",  "+ keep/replaced", "- keep/replaced",      "M keep/longer",
                       "M moved/inside"};
  EXPECT_EQ(difference("/d", "s1", "s2"), forth);
  const Lines back = {"M .",           "+ gone",          "R keep/here -> moved", "M keep",
                      "- keep/fresh",  "- keep/replaced", "+ keep/replaced",      "M keep/longer",
                      "M moved/inside"};
  EXPECT_EQ(difference("/d", "s2", "s1"), back);
  EXPECT_EQ(difference("/d", "s2", ""), (Lines{"M .", "+ after"}));
  EXPECT_EQ(difference("/d", "", "s2"), (Lines{"M .", "- after"}));
  EXPECT_EQ(difference("/d", "s1", "s1"), Lines{});
  EXPECT_EQ(difference("/d/keep", "s1", "s2"),
            (Lines{"M .", "+ fresh", "+ here", "+ replaced", "- replaced", "M longer"}));
  // The moved directory belongs to what is compared only where both its places do.
  const SnapshotDiffRequest request{"/d", "s1", "s2"};
  SnapshotDiffListing whole = snapshot_diff_listing(query(root), request, {}).value();
  EXPECT_TRUE(whole.from_earlier);
  EXPECT_EQ(whole.modified.size(), 4);
  EXPECT_EQ(whole.created.size(), 3);
  EXPECT_EQ(whole.deleted.size(), 3);
  for (uint32_t page_size : {1, 2, 3, 7}) {
    settings.snapshot_diff_listing_max = page_size;
    SnapshotDiffListing sum;
    SnapshotDiffCursor cursor;
    int pages = 0;
    do {
      SnapshotDiffListing page = snapshot_diff_listing(query(root), request, cursor).value();
      EXPECT_LE(page.modified.size() + page.created.size() + page.deleted.size(), page_size);
      for (auto& one : page.modified) sum.modified.push_back(one);
      for (auto& one : page.created) sum.created.push_back(one);
      for (auto& one : page.deleted) sum.deleted.push_back(one);
      cursor = page.cursor;
    } while ((!cursor.path.empty() || cursor.index != -1) && ++pages < 20);
    auto paths = [](const std::vector<SnapshotDiffListing::Entry>& entries) {
      Lines found;
      for (const auto& entry : entries)
        found.push_back(entry.path + (entry.is_reference ? "@" : "") + entry.target.value_or(""));
      return found;
    };
    EXPECT_EQ(paths(sum.modified), paths(whole.modified)) << page_size;
    EXPECT_EQ(paths(sum.created), paths(whole.created)) << page_size;
    EXPECT_EQ(paths(sum.deleted), paths(whole.deleted)) << page_size;
  }
  expect_replay_equals_live();
}

TEST_F(SnapshotDifferences, DifferencesOfWhatHasNoneAreRefused) {
  make_directory("/d/e").value();
  make_directory("/plain").value();
  write_file("/d/f");
  allow("/d").value();
  take("/d", "s").value();
  auto refused = [&](const SnapshotDiffRequest& request) {
    std::string report = error_of(snapshot_diff(query(root), request));
    EXPECT_EQ(report, error_of(snapshot_diff_listing(query(root), request, {})));
    return report;
  };
  EXPECT_EQ(refused({"/d", "none", ""}), "SnapshotException: Cannot find the snapshot of directory /d with name none");
  EXPECT_EQ(refused({"/plain", "s", ""}),
            "SnapshotException: The path /plain is neither snapshottable nor under a snapshot root!");
  EXPECT_EQ(refused({"/d/none", "s", ""}), "FileNotFoundException: Directory does not exist: /d/none");
  EXPECT_EQ(refused({"/d/f", "s", ""}), "AccessControlException: /d/f (is not a directory)");
  EXPECT_EQ(refused({"/none/none", "s", ""}), "FileNotFoundException: Directory does not exist: /none");
  settings.snapshot_diff_below_root = false;
  EXPECT_EQ(refused({"/d/e", "s", ""}), "SnapshotException: Directory is not a snapshottable directory: /d/e");
}

TEST_F(SnapshotDifferences, ChangesOfTheRootItselfAreInTheReport) {
  make_directory("/d").value();
  allow("/d").value();
  take("/d", "s1").value();
  chmod("/d", 0700).value();
  take("/d", "s2").value();
  EXPECT_EQ(status("/d/.snapshot/s1")->inode->permission, 0755);
  EXPECT_EQ(status("/d/.snapshot/s2")->inode->permission, 0700);
  EXPECT_EQ(difference("/d", "s1", "s2"), Lines{"M ."});
  EXPECT_EQ(difference("/d", "s2", ""), Lines{});
}

}  // namespace
}  // namespace dfs::namenode
