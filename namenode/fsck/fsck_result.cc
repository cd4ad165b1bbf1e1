#include "namenode/fsck/fsck_result.h"

#include <fmt/format.h>

#include "proto/metrics/value.h"

namespace dfs::namenode {
namespace {

std::string share(uint64_t part, uint64_t whole) {
  return fmt::format(" ({} %)", metrics::java_text(float(part * 100) / float(whole)));
}

// A line "NAME:\tCOUNT (PART %)".
std::string counted(std::string_view name, uint64_t part, uint64_t whole) {
  return fmt::format("\n {}\t{}{}", name, part, whole > 0 ? share(part, whole) : "");
}

}  // namespace

std::string replicated_summary(const FsckResult& r, uint16_t replication_default, uint16_t replication_min) {
  std::string text = fmt::format(" Total size:\t{} B", r.bytes);
  if (r.open_bytes != 0) text += fmt::format(" (Total open files size: {} B)", r.open_bytes);
  text += fmt::format("\n Total files:\t{}", r.files);
  if (r.open_files != 0) text += fmt::format(" (Files currently being written: {})", r.open_files);
  text += fmt::format("\n Total blocks (validated):\t{}", r.blocks);
  if (r.blocks > 0) text += fmt::format(" (avg. block size {} B)", r.bytes / r.blocks);
  if (r.open_blocks != 0) text += fmt::format(" (Total open file blocks (not validated): {})", r.open_blocks);
  if (r.corrupt_files > 0 || r.under_minimum > 0) {
    constexpr std::string_view kRule = "\n  ********************************";
    text += kRule;
    if (r.under_minimum > 0) {
      text += fmt::format("\n  UNDER MIN REPL'D BLOCKS:\t{}", r.under_minimum);
      if (r.blocks > 0) text += share(r.under_minimum, r.blocks);
      text += fmt::format("\n  MINIMAL BLOCK REPLICATION:\t{}", replication_min);
    }
    if (r.corrupt_files > 0) {
      text += fmt::format("\n  CORRUPT FILES:\t{}", r.corrupt_files);
      if (r.missing_bytes > 0) {
        text += fmt::format("\n  MISSING BLOCKS:\t{}\n  MISSING SIZE:\t\t{} B", r.missing_blocks, r.missing_bytes);
      }
      if (r.corrupt_blocks > 0) {
        text += fmt::format("\n  CORRUPT BLOCKS: \t{}\n  CORRUPT SIZE:\t\t{} B", r.corrupt_blocks, r.corrupt_bytes);
      }
    }
    text += kRule;
  }
  text += counted("Minimally replicated blocks:", r.minimally_replicated, r.blocks);
  text += counted("Over-replicated blocks:", r.over_replicated, r.blocks);
  text += counted("Under-replicated blocks:", r.under_replicated, r.blocks);
  text += counted("Mis-replicated blocks:\t", r.mis_replicated, r.blocks);
  const float average = r.blocks == 0 ? 0.0F : float(r.replicas) / float(r.blocks);
  text += fmt::format(
      "\n Default replication factor:\t{}\n Average block replication:\t{}\n Missing blocks:\t\t{}"
      "\n Corrupt blocks:\t\t{}\n Missing replicas:\t\t{}",
      replication_default, metrics::java_text(average), r.missing_blocks, r.corrupt_blocks, r.missing_replicas);
  if (r.replicas > 0) text += share(r.missing_replicas, r.expected_replicas);
  if (r.decommissioned > 0) text += fmt::format("\n DecommissionedReplicas:\t{}", r.decommissioned);
  if (r.decommissioning > 0) text += fmt::format("\n DecommissioningReplicas:\t{}", r.decommissioning);
  if (r.entering_maintenance > 0) text += fmt::format("\n EnteringMaintenanceReplicas:\t{}", r.entering_maintenance);
  if (r.in_maintenance > 0) text += fmt::format("\n InMaintenanceReplicas:\t{}", r.in_maintenance);
  return text + fmt::format("\n Blocks queued for replication:\t{}", r.queued_for_replication);
}

std::string erasure_coded_summary() {
  return " Total size:\t0 B\n Total files:\t0\n Total block groups (validated):\t0"
         "\n Minimally erasure-coded block groups:\t0\n Over-erasure-coded block groups:\t0"
         "\n Under-erasure-coded block groups:\t0\n Unsatisfactory placement block groups:\t0"
         "\n Average block group size:\t0.0\n Missing block groups:\t\t0\n Corrupt block groups:\t\t0"
         "\n Missing internal blocks:\t0\n Blocks queued for replication:\t0";
}

}  // namespace dfs::namenode
