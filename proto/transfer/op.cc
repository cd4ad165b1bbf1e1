#include "proto/transfer/op.h"

#include <boost/asio/buffer.hpp>

#include "proto/base/bytes.h"
#include "proto/base/task.h"
#include "proto/hadoop/datatransfer.pb.h"

namespace dfs::transfer {
namespace pb = hadoop::hdfs;

std::string name_of(Op op) {
  switch (op) {
    case Op::kWriteBlock:
      return "WRITE_BLOCK";
    case Op::kReadBlock:
      return "READ_BLOCK";
    case Op::kReadMetadata:
      return "READ_METADATA";
    case Op::kReplaceBlock:
      return "REPLACE_BLOCK";
    case Op::kCopyBlock:
      return "COPY_BLOCK";
    case Op::kBlockChecksum:
      return "BLOCK_CHECKSUM";
    case Op::kTransferBlock:
      return "TRANSFER_BLOCK";
    case Op::kRequestShortCircuitFds:
      return "REQUEST_SHORT_CIRCUIT_FDS";
    case Op::kReleaseShortCircuitFds:
      return "RELEASE_SHORT_CIRCUIT_FDS";
    case Op::kRequestShortCircuitShm:
      return "REQUEST_SHORT_CIRCUIT_SHM";
    case Op::kBlockGroupChecksum:
      return "BLOCK_GROUP_CHECKSUM";
    case Op::kCustom:
      return "CUSTOM";
  }
  return std::to_string(int(op));
}

std::string name_of(Status status) {
  std::string name = pb::Status_IsValid(int(status)) ? pb::Status_Name(pb::Status(int(status))) : std::string();
  return name.empty() ? std::to_string(int(status)) : name;
}

std::string name_of(Stage stage) {
  using StageProto = pb::OpWriteBlockProto;
  if (!StageProto::BlockConstructionStage_IsValid(int(stage))) return std::to_string(int(stage));
  return StageProto::BlockConstructionStage_Name(StageProto::BlockConstructionStage(int(stage)));
}

namespace {
void append_delimited(std::string& out, const google::protobuf::MessageLite& message) {
  ByteWriter(out).varint(message.ByteSizeLong());
  message.AppendToString(&out);
}

Task<Result<void>> send_bytes(Stream& stream, std::string bytes) {
  asio::const_buffer buffer(bytes.data(), bytes.size());
  co_return co_await stream.write(std::span(&buffer, 1));
}
}  // namespace

std::string encode_op(Op op, const google::protobuf::MessageLite& message) {
  std::string out;
  ByteWriter writer(out);
  writer.u16(kVersion);
  writer.u8(uint8_t(op));
  append_delimited(out, message);
  return out;
}

Task<Result<void>> send_op(Stream& stream, Op op, const google::protobuf::MessageLite& message) {
  return send_bytes(stream, encode_op(op, message));
}

std::string encode_delimited(const google::protobuf::MessageLite& message) {
  std::string out;
  append_delimited(out, message);
  return out;
}

Task<Result<void>> send_message(Stream& stream, const google::protobuf::MessageLite& message) {
  return send_bytes(stream, encode_delimited(message));
}

void to_proto(const checksum::Checksum& checksum, pb::ChecksumProto& proto) {
  proto.set_type(pb::ChecksumTypeProto(int(checksum.type)));
  proto.set_bytesperchecksum(checksum.chunk_bytes);
}

Result<checksum::Checksum> from_proto(const pb::ChecksumProto& proto) {
  return checksum::Checksum::make(int(proto.type()), proto.bytesperchecksum());
}

Result<void> check_status(Status status, std::string_view message, std::string_view what) {
  if (status == Status::kSuccess) return {};
  ErrorCode code = status == Status::kErrorAccessToken ? ErrorCode::kInvalidToken : ErrorCode::kIo;
  return fail(code, "Got error, status=" + name_of(status) + ", status message " + std::string(message) + ", " +
                        std::string(what));
}

}  // namespace dfs::transfer
