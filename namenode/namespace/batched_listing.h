#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "namenode/namespace/queries.h"

namespace dfs::namenode {

// Several directories listed with one call (FSNamesystem.getBatchedListing). A page ends where it has as many entries
// as one listing may have; the next begins behind `end`.
struct BatchedListing {
  struct Part {
    uint32_t path_index = 0;
    Result<std::vector<FileStatus>> entries;
  };
  struct Place {
    uint64_t paths_hash = 0;  // a place is good for the same paths alone
    uint32_t path_index = 0;
    std::string start_after{};  // empty: behind the whole path
  };
  std::vector<Part> parts;
  std::optional<Place> end;
};

// kInvalidArgument where there are too many paths, or `start` is of other paths.
Result<BatchedListing> list_batched(const Query& query, std::span<const std::string> paths,
                                    const std::optional<BatchedListing::Place>& start, WithLocations locations);

}  // namespace dfs::namenode
