#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "namenode/namespace/batched_listing.h"
#include "namenode/namespace/located_blocks.h"
#include "namenode/namespace/queries.h"
#include "namenode/service/proto_conversion.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/rpc/method_table.h"

// Statuses as the bytes that protobuf makes of HdfsFileStatusProto, written from the inodes themselves: to fill a
// message for each entry of a listing, let protobuf walk it twice and free it costs more than all else of the answer.
namespace dfs::namenode {

// The field of a message that repeats HdfsFileStatusProto as its first: DirectoryListingProto.partialListing and
// BatchedDirectoryListingProto.partialListing.
class FileStatusesField {
 public:
  // `statuses` outlives this.
  FileStatusesField(std::span<const FileStatus> statuses, const ConversionContext& context);

  size_t size() const { return size_; }
  void append_to(std::string& out) const;

 private:
  std::span<const FileStatus> statuses_;
  std::vector<std::string> locations_{};  // LocatedBlocksProto, as far as there are any
  std::vector<size_t> sizes_{};           // of the messages, without their tags
  size_t size_ = 0;
};

rpc::Encoded<hadoop::hdfs::GetListingResponseProto> listing_response(const std::optional<Listing>& listing,
                                                                     const ConversionContext& context);
rpc::Encoded<hadoop::hdfs::GetBatchedListingResponseProto> batched_listing_response(const BatchedListing& batch,
                                                                                    const ConversionContext& context);

// GetFileInfoResponseProto and others with HdfsFileStatusProto as the first field and no other.
std::string only_status(const FileStatus* status, const ConversionContext& context);
template <class Response>
rpc::Encoded<Response> status_response(const std::optional<FileStatus>& status, const ConversionContext& context) {
  static_assert(Response::kFsFieldNumber == 1);
  return {only_status(status ? &*status : nullptr, context)};
}

}  // namespace dfs::namenode
