#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/error.h"
#include "proto/base/task_fwd.h"
#include "proto/checksum/checksum.h"
#include "proto/io/stream.h"

namespace google::protobuf {
class MessageLite;
}
namespace hadoop::hdfs {
class ChecksumProto;
}

namespace dfs::transfer {

// org.apache.hadoop.hdfs.protocol.datatransfer.DataTransferProtocol.DATA_TRANSFER_VERSION
inline constexpr uint16_t kVersion = 28;

enum class Op : uint8_t {
  kWriteBlock = 80,
  kReadBlock = 81,
  kReadMetadata = 82,
  kReplaceBlock = 83,
  kCopyBlock = 84,
  kBlockChecksum = 85,
  kTransferBlock = 86,
  kRequestShortCircuitFds = 87,
  kReleaseShortCircuitFds = 88,
  kRequestShortCircuitShm = 89,
  kBlockGroupChecksum = 90,
  kCustom = 127,
};
// "WRITE_BLOCK", or the number where there is no such op.
std::string name_of(Op op);

// The values of DataTransferProtos.Status.
enum class Status : int32_t {
  kSuccess = 0,
  kError = 1,
  kErrorChecksum = 2,
  kErrorInvalid = 3,
  kErrorExists = 4,
  kErrorAccessToken = 5,
  kChecksumOk = 6,
  kErrorUnsupported = 7,
  kOobRestart = 8,
  kInProgress = 12,
  kErrorBlockPinned = 13,
};
// "ERROR_CHECKSUM", or the number where there is no such status.
std::string name_of(Status status);

// The values of OpWriteBlockProto.BlockConstructionStage.
enum class Stage : int32_t {
  kSetupAppend = 0,
  kSetupAppendRecovery = 1,
  kStreaming = 2,
  kSetupStreamingRecovery = 3,
  kClose = 4,
  kCloseRecovery = 5,
  kSetupCreate = 6,
  kTransferRbw = 7,
  kTransferFinalized = 8,
};
std::string name_of(Stage stage);

// What an operation begins with:
//   u16 version (28) | u8 op | varint length | protobuf message (OpWriteBlockProto, OpReadBlockProto, ...)
std::string encode_op(Op op, const google::protobuf::MessageLite& message);
Task<Result<void>> send_op(Stream& stream, Op op, const google::protobuf::MessageLite& message);

// A message after its length as a varint, as responses and statuses travel (writeDelimitedTo).
std::string encode_delimited(const google::protobuf::MessageLite& message);
Task<Result<void>> send_message(Stream& stream, const google::protobuf::MessageLite& message);

// DataTransferProtoUtil.toProto and fromProto.
void to_proto(const checksum::Checksum& checksum, hadoop::hdfs::ChecksumProto& proto);
Result<checksum::Checksum> from_proto(const hadoop::hdfs::ChecksumProto& proto);

// The value of `status` as the caller of a remote DataNode's operation sees it: ok for kSuccess, otherwise
// kInvalidToken for kErrorAccessToken and kIo for the rest, with the message and what was being done
// ("Got error, status=ERROR, status message ..., for OP_READ_BLOCK, ..."), as DataTransferProtoUtil.checkBlockOpStatus.
Result<void> check_status(Status status, std::string_view message, std::string_view what);

}  // namespace dfs::transfer
