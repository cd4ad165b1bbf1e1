#include "namenode/namespace/batched_listing.h"

#include <fmt/format.h>

namespace dfs::namenode {
namespace {

// FNV-1a. The same after a restart, since a client may come back with a place of before it.
uint64_t hash_of(std::span<const std::string> paths) {
  uint64_t hash = 0xcbf29ce484222325;
  auto add = [&](char c) { hash = (hash ^ uint8_t(c)) * 0x100000001b3; };
  for (const std::string& path : paths) {
    for (char c : path) add(c);
    add('\0');
  }
  return hash;
}

}  // namespace

Result<BatchedListing> list_batched(const Query& query, std::span<const std::string> paths,
                                    const std::optional<BatchedListing::Place>& start, WithLocations locations) {
  const uint32_t paths_max = query.settings.batched_listing_max;
  if (paths.size() > paths_max) {
    return fail(ErrorCode::kInvalidArgument, fmt::format("Too many source paths ({} > {})", paths.size(), paths_max));
  }
  const uint64_t hash = hash_of(paths);
  size_t index = 0;
  std::string start_after;
  if (start) {
    if (start->paths_hash != hash) {
      return fail(ErrorCode::kInvalidArgument, "The paths are not those that the listing began with");
    }
    index = size_t{start->path_index} + (start->start_after.empty() ? 1 : 0);
    start_after = start->start_after;
  }
  BatchedListing batch;
  size_t entry_count = 0;
  for (; index < paths.size(); ++index) {
    Result<std::optional<Listing>> listing = list(query, paths[index], start_after, locations);
    start_after.clear();
    if (!listing && listing.error().code() == ErrorCode::kAssertion) return fail(std::move(listing).error());
    if (listing && !*listing) listing = fail(ErrorCode::kFileNotFound, "Path " + paths[index] + " does not exist");
    bool more_here = false;
    std::string last_name;
    if (listing) {
      std::vector<FileStatus>& entries = (*listing)->entries;
      entry_count += entries.size();
      more_here = (*listing)->remaining > 0;
      if (!entries.empty()) last_name = entries.back().name;
      batch.parts.push_back({uint32_t(index), std::move(entries)});
    } else {
      batch.parts.push_back({uint32_t(index), fail(std::move(listing).error())});
    }
    if (entry_count < query.settings.listing_max) continue;
    if (index + 1 == paths.size() && listing && !more_here) break;
    batch.end = {.paths_hash = hash, .path_index = uint32_t(index), .start_after = std::move(last_name)};
    break;
  }
  return batch;
}

}  // namespace dfs::namenode
