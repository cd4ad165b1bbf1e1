#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "tools/bench/calls_in_flight.h"

namespace dfs::bench {

enum class Operation : uint8_t {
  kCreate,  // and close: two calls
  kMkdirs,
  kGetFileInfo,
  kGetBlockLocations,
  kListing,  // of a folder with `files_per_folder` files
  kRename,
  kDelete,
  kMix,  // of a large production cluster: open 68.7 %, stat 17 %, list 9 %, create 2.7 %, rename 1.3 %, delete 0.75 %
};
Result<Operation> operation_named(std::string_view name);
std::string_view name_of(Operation operation);

// The tree that all operations work on: /bench/ROUND/dNNNN/fNNNNNN, empty files.
struct Tree {
  std::string root = "/bench";
  uint64_t files = 100'000;
  uint32_t files_per_folder = 100;

  std::string folder(uint64_t number) const;
  std::string file(uint64_t number) const;
};

// What one slot does: an operation after the other, each of one or two calls.
//
// An operation that must not meet another (rename, delete) takes its file from a range that the slot has for itself.
class Slot {
 public:
  Slot(const Tree& tree, uint32_t number, uint32_t slots, uint64_t seed);

  // Puts the first call that makes the tree's file `number`.
  void begin_file(uint64_t number, CallsInFlight& calls);
  // Puts the first call of the next operation. False where there is nothing left (no file to delete).
  bool begin(Operation operation, CallsInFlight& calls);
  // Takes the answer; puts the next call of the operation and returns false, or returns true: it is done. An error
  // where the answer is not what a working NameNode gives.
  Result<bool> go_on(const CallsInFlight::Answer& answer, CallsInFlight& calls);

 private:
  void put_create(CallsInFlight& calls);
  bool put_next_own(CallsInFlight& calls, bool deletes);

  const Tree& tree_;
  const uint32_t number_, slots_;
  std::mt19937_64 random_;
  Operation now_ = Operation::kGetFileInfo;
  bool mixes_ = false;
  bool closing_ = false;
  std::string path_;
  uint64_t made_ = 0;
  uint64_t own_ = 0;      // renamed or deleted so far of this slot's share
  bool renamed_ = false;  // this slot's share bears its other names
};

}  // namespace dfs::bench
