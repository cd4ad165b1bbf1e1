#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "namenode/journal/segment.h"
#include "proto/io/disk.h"

namespace dfs::namenode {

// Reads edits from the folders of a log while its journal writes on. What may be read the caller says: edits that are
// durable, which no later write touches. Blocks on the disk. Not thread-safe.
class EditTail {
 public:
  EditTail(Disk& disk, std::vector<std::string> directories) : disk_(disk), directories_(std::move(directories)) {}

  // Edits in order from `from` on, at most `count_max`, none after `durable`. Where `from` is purged they begin with
  // the first that is there; empty where there is none. An error only where no folder has the next one whole.
  Result<std::vector<Edit>> read(TransactionId from, TransactionId durable, size_t count_max);

 private:
  struct Copy {
    std::string directory;
    SegmentName segment;
  };
  // Where the edit that somebody will ask for next lies, so that a segment is not read from its beginning each time.
  struct Place {
    std::string directory;
    TransactionId first = kNoTransaction;  // of the segment
    uint64_t offset = 0;
  };

  // The copies of segments that may hold edits of this range, in order of the log.
  Result<std::vector<Copy>> copies(TransactionId from, TransactionId durable) const;
  // Reads on from `wanted`, which it moves forward, to the end of this copy at most.
  Result<void> read_copy(const Copy& copy, TransactionId& wanted, TransactionId durable, size_t count_max,
                         std::vector<Edit>& edits);

  Disk& disk_;
  std::vector<std::string> directories_;
  std::map<TransactionId, Place> places_;
};

}  // namespace dfs::namenode
