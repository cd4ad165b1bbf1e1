#include "tools/bench/workload.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "proto/hadoop/ClientNamenodeProtocol.pb.h"

namespace dfs::bench {
namespace {

using namespace hadoop::hdfs;

constexpr std::array<std::pair<std::string_view, Operation>, 8> kNames = {{{"create", Operation::kCreate},
                                                                           {"mkdirs", Operation::kMkdirs},
                                                                           {"stat", Operation::kGetFileInfo},
                                                                           {"open", Operation::kGetBlockLocations},
                                                                           {"list", Operation::kListing},
                                                                           {"rename", Operation::kRename},
                                                                           {"delete", Operation::kDelete},
                                                                           {"mix", Operation::kMix}}};

// In thousandths.
Operation draw(std::mt19937_64& random) {
  const uint64_t at = random() % 99'450;
  if (at < 68'700) return Operation::kGetBlockLocations;
  if (at < 85'700) return Operation::kGetFileInfo;
  if (at < 94'700) return Operation::kListing;
  if (at < 97'400) return Operation::kCreate;
  if (at < 98'700) return Operation::kRename;
  return Operation::kDelete;
}

// A response whose only field is a bool (the first) says true.
bool says_true(std::string_view body) {
  return body == std::string_view("\x08\x01", 2);
}

}  // namespace

Result<Operation> operation_named(std::string_view name) {
  for (auto [known, operation] : kNames) {
    if (known == name) return operation;
  }
  return fail(ErrorCode::kInvalidArgument, fmt::format("there is no operation \"{}\"", name));
}

std::string_view name_of(Operation operation) {
  for (auto [name, known] : kNames) {
    if (known == operation) return name;
  }
  return "?";
}

std::string Tree::folder(uint64_t number) const {
  return fmt::format("{}/d{:06}", root, number);
}

std::string Tree::file(uint64_t number) const {
  return fmt::format("{}/d{:06}/f{:08}", root, number / files_per_folder, number);
}

Slot::Slot(const Tree& tree, uint32_t number, uint32_t slots, uint64_t seed)
    : tree_(tree), number_(number), slots_(slots), random_(seed) {}

void Slot::begin_file(uint64_t number, CallsInFlight& calls) {
  now_ = Operation::kCreate;
  path_ = tree_.file(number);
  put_create(calls);
}

bool Slot::begin(Operation operation, CallsInFlight& calls) {
  mixes_ = operation == Operation::kMix;
  now_ = mixes_ ? draw(random_) : operation;
  // Of a mix, the first half of the files is read, so that what is renamed and deleted is never missed.
  const uint64_t files = mixes_ ? tree_.files / 2 : tree_.files;
  switch (now_) {
    case Operation::kCreate:
      path_ = fmt::format("{}/new-{}-{}", tree_.folder(random_() % (tree_.files / tree_.files_per_folder)), number_,
                          made_++);
      put_create(calls);
      return true;
    case Operation::kMkdirs: {
      MkdirsRequestProto request;
      request.set_src(fmt::format("{}/dirs-{}/{}", tree_.root, number_, made_++));
      request.mutable_masked()->set_perm(0755);
      request.set_createparent(true);
      calls.call(number_, "mkdirs", request);
      return true;
    }
    case Operation::kGetFileInfo: {
      GetFileInfoRequestProto request;
      request.set_src(tree_.file(random_() % files));
      calls.call(number_, "getFileInfo", request);
      return true;
    }
    case Operation::kGetBlockLocations: {
      GetBlockLocationsRequestProto request;
      request.set_src(tree_.file(random_() % files));
      request.set_offset(0);
      request.set_length(10ull * 64 << 20);
      calls.call(number_, "getBlockLocations", request);
      return true;
    }
    case Operation::kListing: {
      GetListingRequestProto request;
      request.set_src(tree_.folder(random_() % (files / tree_.files_per_folder)));
      request.set_startafter("");
      request.set_needlocation(false);
      calls.call(number_, "getListing", request);
      return true;
    }
    case Operation::kRename:
      return put_next_own(calls, false);
    case Operation::kDelete:
      return put_next_own(calls, true);
    case Operation::kMix:
      break;
  }
  return false;
}

void Slot::put_create(CallsInFlight& calls) {
  closing_ = false;
  CreateRequestProto request;
  request.set_src(path_);
  request.mutable_masked()->set_perm(0644);
  request.set_clientname("load");
  request.set_createflag(1);
  request.set_createparent(true);
  request.set_replication(3);
  request.set_blocksize(64 << 20);
  calls.call(number_, "create", request);
}

// The files of the second half of the tree belong to the slots in turn. Renamed, they come around again under the other
// name; deleted, they are gone.
bool Slot::put_next_own(CallsInFlight& calls, bool deletes) {
  const uint64_t share = tree_.files / 2 / slots_;
  if (own_ >= share) {
    if (deletes || mixes_) return false;
    own_ = 0;
    renamed_ = !renamed_;
  }
  const std::string name = tree_.file(tree_.files / 2 + own_++ * slots_ + number_);
  const std::string source = renamed_ ? name + ".renamed" : name;
  if (deletes) {
    DeleteRequestProto request;
    request.set_src(source);
    request.set_recursive(false);
    calls.call(number_, "delete", request);
  } else {
    RenameRequestProto request;
    request.set_src(source);
    request.set_dst(renamed_ ? name : name + ".renamed");
    calls.call(number_, "rename", request);
  }
  return true;
}

Result<bool> Slot::go_on(const CallsInFlight::Answer& answer, CallsInFlight& calls) {
  if (answer.failed) return fail(ErrorCode::kIo, fmt::format("{}: {}", name_of(now_), answer.body));
  auto expect = [&](bool fits) -> Result<bool> {
    if (fits) return true;
    return fail(ErrorCode::kIllegalState, fmt::format("{}: not the answer of a working NameNode", name_of(now_)));
  };
  switch (now_) {
    case Operation::kCreate: {
      if (closing_) return expect(says_true(answer.body));
      closing_ = true;
      CompleteRequestProto request;
      request.set_src(path_);
      request.set_clientname("load");
      calls.call(number_, "complete", request);
      return false;
    }
    case Operation::kMkdirs:
    case Operation::kRename:
    case Operation::kDelete:
      return expect(says_true(answer.body));
    default:
      return expect(!answer.body.empty());
  }
}

}  // namespace dfs::bench
