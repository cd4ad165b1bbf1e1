#include "namenode/service/file_status_bytes.h"

#include <google/protobuf/io/coded_stream.h>

#include <array>

#include "proto/base/bytes.h"
#include "proto/base/check.h"

namespace dfs::namenode {
namespace {

using google::protobuf::io::CodedOutputStream;
using hadoop::hdfs::HdfsFileStatusProto;

// The tag of a field with a varint, and of one with bytes.
constexpr uint32_t number_tag(uint32_t field) {
  return field << 3;
}
constexpr uint32_t bytes_tag(uint32_t field) {
  return field << 3 | 2;
}
constexpr char kFirstField = bytes_tag(1);

// The two that put_fields() puts into: one counts, one writes where there is room for that many.
struct Count {
  size_t size = 0;
  void number(uint32_t field, uint64_t value) {
    size += CodedOutputStream::VarintSize32(number_tag(field)) + CodedOutputStream::VarintSize64(value);
  }
  void bytes(uint32_t field, std::string_view value) {
    size += CodedOutputStream::VarintSize32(bytes_tag(field)) + CodedOutputStream::VarintSize64(value.size());
    size += value.size();
  }
};
struct Write {
  uint8_t* at;
  void number(uint32_t field, uint64_t value) {
    at = CodedOutputStream::WriteVarint32ToArray(number_tag(field), at);
    at = CodedOutputStream::WriteVarint64ToArray(value, at);
  }
  void bytes(uint32_t field, std::string_view value) {
    at = CodedOutputStream::WriteVarint32ToArray(bytes_tag(field), at);
    at = CodedOutputStream::WriteVarint64ToArray(value.size(), at);
    std::memcpy(at, value.data(), value.size());
    at += value.size();
  }
};

HdfsFileStatusProto::FileType file_type(InodeType type) {
  switch (type) {
    case InodeType::kDirectory:
      return HdfsFileStatusProto::IS_DIR;
    case InodeType::kFile:
      return HdfsFileStatusProto::IS_FILE;
    case InodeType::kSymlink:
      break;
  }
  return HdfsFileStatusProto::IS_SYMLINK;
}

// In order of their numbers, as protobuf has them. FileEncryptionInfoProto and ErasureCodingPolicyProto (15 and 17) are
// of features that are not there.
template <class Out>
void put_fields(const FileStatus& status, std::string_view locations, Out& out) {
  const InodeRow& inode = *status.inode;
  out.number(HdfsFileStatusProto::kFileTypeFieldNumber, file_type(inode.type));
  out.bytes(HdfsFileStatusProto::kPathFieldNumber, status.name);
  out.number(HdfsFileStatusProto::kLengthFieldNumber, inode.length);
  uint8_t permission[8] = {number_tag(1)};
  const uint8_t* end = CodedOutputStream::WriteVarint32ToArray(inode.permission, permission + 1);
  out.bytes(HdfsFileStatusProto::kPermissionFieldNumber, as_text({permission, end}));
  out.bytes(HdfsFileStatusProto::kOwnerFieldNumber, inode.owner);
  out.bytes(HdfsFileStatusProto::kGroupFieldNumber, inode.group);
  out.number(HdfsFileStatusProto::kModificationTimeFieldNumber, inode.modification_time_ms);
  out.number(HdfsFileStatusProto::kAccessTimeFieldNumber, inode.access_time_ms);
  if (inode.type == InodeType::kSymlink) out.bytes(HdfsFileStatusProto::kSymlinkFieldNumber, inode.symlink_target);
  out.number(HdfsFileStatusProto::kBlockReplicationFieldNumber, inode.replication);
  out.number(HdfsFileStatusProto::kBlocksizeFieldNumber, inode.preferred_block_size);
  if (status.locations) out.bytes(HdfsFileStatusProto::kLocationsFieldNumber, locations);
  out.number(HdfsFileStatusProto::kFileIdFieldNumber, raw(inode.id));
  out.number(HdfsFileStatusProto::kChildrenNumFieldNumber, uint64_t(int64_t(int32_t(inode.child_count))));
  out.number(HdfsFileStatusProto::kStoragePolicyFieldNumber, status.storage_policy);
  out.number(HdfsFileStatusProto::kFlagsFieldNumber,
             uint32_t((inode.acl.empty() ? 0 : HdfsFileStatusProto::HAS_ACL) |
                      (status.snapshottable ? HdfsFileStatusProto::SNAPSHOT_ENABLED : 0)));
}

std::string locations_of(const FileStatus& status, const ConversionContext& context) {
  if (!status.locations) return {};
  hadoop::hdfs::LocatedBlocksProto locations;
  to_proto(*status.locations, context, locations);
  return locations.SerializePartialAsString();
}

// The tag and the length of a first field with a message, whose bytes are to follow.
void begin_first_field(std::string& out, size_t message_size) {
  out.push_back(kFirstField);
  ByteWriter(out).varint(message_size);
}

}  // namespace

FileStatusesField::FileStatusesField(std::span<const FileStatus> statuses, const ConversionContext& context)
    : statuses_(statuses) {
  sizes_.reserve(statuses.size());
  for (size_t i = 0; i < statuses.size(); ++i) {
    if (statuses[i].locations) {
      locations_.resize(statuses.size());
      locations_[i] = locations_of(statuses[i], context);
    }
    Count message;
    put_fields(statuses[i], locations_.empty() ? std::string_view() : locations_[i], message);
    sizes_.push_back(message.size);
    size_ += sizeof(kFirstField) + CodedOutputStream::VarintSize64(message.size) + message.size;
  }
}

void FileStatusesField::append_to(std::string& out) const {
  const size_t begin = out.size();
  out.resize(begin + size_);
  Write to{reinterpret_cast<uint8_t*>(out.data()) + begin};
  for (size_t i = 0; i < statuses_.size(); ++i) {
    *to.at++ = uint8_t(kFirstField);
    to.at = CodedOutputStream::WriteVarint64ToArray(sizes_[i], to.at);
    put_fields(statuses_[i], locations_.empty() ? std::string_view() : locations_[i], to);
  }
  DFS_DCHECK(to.at == reinterpret_cast<uint8_t*>(out.data()) + out.size());
}

rpc::Encoded<hadoop::hdfs::GetListingResponseProto> listing_response(const std::optional<Listing>& listing,
                                                                     const ConversionContext& context) {
  std::string bytes;
  if (!listing) return {};
  const FileStatusesField entries(listing->entries, context);
  hadoop::hdfs::DirectoryListingProto rest;
  rest.set_remainingentries(listing->remaining);
  const size_t size = entries.size() + rest.ByteSizeLong();
  bytes.reserve(size + 16);
  begin_first_field(bytes, size);
  entries.append_to(bytes);
  rest.AppendPartialToString(&bytes);
  return {std::move(bytes)};
}

rpc::Encoded<hadoop::hdfs::GetBatchedListingResponseProto> batched_listing_response(const BatchedListing& batch,
                                                                                    const ConversionContext& context) {
  std::string bytes;
  for (const BatchedListing::Part& part : batch.parts) {
    hadoop::hdfs::BatchedDirectoryListingProto rest;
    rest.set_parentidx(part.path_index);
    std::span<const FileStatus> statuses;
    if (part.entries) {
      statuses = *part.entries;
    } else {
      rest.mutable_exception()->set_classname(std::string(part.entries.error().java_class()));
      rest.mutable_exception()->set_message(part.entries.error().message());
    }
    const FileStatusesField entries(statuses, context);
    begin_first_field(bytes, entries.size() + rest.ByteSizeLong());
    entries.append_to(bytes);
    rest.AppendPartialToString(&bytes);
  }
  hadoop::hdfs::GetBatchedListingResponseProto rest;
  rest.set_hasmore(batch.end.has_value());
  rest.set_startafter("");
  if (batch.end) {
    hadoop::hdfs::BatchedListingKeyProto key;
    ByteWriter(*key.mutable_checksum()).u64(batch.end->paths_hash);
    key.set_pathindex(batch.end->path_index);
    key.set_startafter(batch.end->start_after);
    rest.set_startafter(key.SerializeAsString());
  }
  rest.AppendPartialToString(&bytes);
  return {std::move(bytes)};
}

std::string only_status(const FileStatus* status, const ConversionContext& context) {
  std::string bytes;
  if (status != nullptr) FileStatusesField({status, 1}, context).append_to(bytes);
  return bytes;
}

void to_proto(const FileStatus& status, const ConversionContext& context, HdfsFileStatusProto& out) {
  const std::string locations = locations_of(status, context);
  Count message;
  put_fields(status, locations, message);
  std::string bytes(message.size, '\0');
  Write to{reinterpret_cast<uint8_t*>(bytes.data())};
  put_fields(status, locations, to);
  DFS_CHECK(out.ParseFromString(bytes));
}

}  // namespace dfs::namenode
