#include "namenode/journal/edit_codec.h"

#include <fmt/format.h>

#include <array>

#include "namenode/journal/edit_fields.h"
#include "namenode/journal/edit_reader.h"
#include "namenode/journal/edit_writer.h"
#include "proto/checksum/checksum.h"

namespace dfs::namenode {
namespace {

constexpr size_t kLengthAt = 1;
constexpr size_t kIdAt = 5;
constexpr size_t kBodyAt = 13;
constexpr size_t kSumBytes = 4;
// What the length field does not count: the op code and the checksum.
constexpr size_t kUncountedBytes = 5;

template <class Op>
constexpr bool kOnlyRead = std::same_as<Op, SetNsQuotaOp> || std::same_as<Op, ClearNsQuotaOp>;

using DecodeBody = EditRecord (*)(EditReader&);

template <class Op>
EditRecord decode_body(EditReader& in) {
  Op op;
  edit_fields::fields(in, op);
  return op;
}

template <class... Ops>
constexpr auto decoders_of(const std::variant<Ops...>*) {
  std::array<DecodeBody, 256> decoders{};
  ((decoders[size_t(Ops::kCode)] = &decode_body<Ops>), ...);
  return decoders;
}
constexpr std::array<DecodeBody, 256> kDecoders = decoders_of(static_cast<const EditRecord*>(nullptr));

std::string describe(uint8_t code) {
  return kDecoders[code] ? std::string(name_of(OpCode(code))) : fmt::format("op with the unknown code {}", code);
}

}  // namespace

std::string encode_segment_header() {
  std::string header;
  ByteWriter out(header);
  out.u32(uint32_t(kLayoutVersion));
  out.u32(0);
  return header;
}

Result<void> check_segment_header(ByteView header) {
  if (header.size() < kSegmentHeaderBytes) return fail(ErrorCode::kCorruptFormat, "ends within its header");
  const auto layout = load_big_endian<int32_t>(header.data());
  if (layout == -1) {
    return fail(ErrorCode::kCorruptFormat, "has no header: the disk was full or power went when it was made");
  }
  if (layout >= 0) return fail(ErrorCode::kCorruptFormat, fmt::format("begins with {}, not a layout version", layout));
  if (layout > kLayoutVersionOldest) {
    return fail(
        ErrorCode::kIncorrectVersion,
        fmt::format("has layout version {}, of an older Hadoop; {} to {} are read. Upgrade with Hadoop 3.4 first",
                    layout, kLayoutVersionOldest, kLayoutVersion));
  }
  if (layout < kLayoutVersion) {
    return fail(ErrorCode::kIncorrectVersion, fmt::format("has layout version {}, of a newer Hadoop; {} to {} are read",
                                                          layout, kLayoutVersionOldest, kLayoutVersion));
  }
  if (load_big_endian<uint32_t>(header.data() + 4) != 0) {
    return fail(ErrorCode::kIncorrectVersion, "has layout flags, which no known Hadoop writes");
  }
  return {};
}

Result<void> encode_edit(const Edit& edit, std::string& out) {
  const size_t start = out.size();
  const auto refuse = [&](std::string_view why) {
    out.resize(start);
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot write {} to the edit log: {}", name_of(code_of(edit.record)), why));
  };
  ByteWriter frame(out);
  frame.u8(uint8_t(code_of(edit.record)));
  frame.u32(0);
  frame.u64(raw(edit.id));
  EditWriter body(out);
  const bool only_read = std::visit(
      [&]<class Op>(const Op& op) {
        edit_fields::fields(body, op);
        return kOnlyRead<Op>;
      },
      edit.record);
  if (only_read) return refuse("it is a deprecated op that is only read");
  if (body.problem()) return refuse(*body.problem());
  const size_t summed = out.size() - start;
  if (summed + kSumBytes > kOpBytesMax) return refuse("it is larger than an op may be");
  store_big_endian(out.data() + start + kLengthAt, uint32_t(summed - 1));
  frame.u32(checksum::crc32(0, as_bytes(std::string_view(out).substr(start))));

#ifndef NDEBUG
  auto framed = decode_frame(as_bytes(std::string_view(out).substr(start)));
  if (!framed) return refuse(framed.error().message());
  auto decoded = decode_edit(*framed);
  if (!decoded) return refuse(decoded.error().message());
  if (*decoded != edit) return refuse("it does not decode to what was encoded");
#endif
  return {};
}

Result<size_t> edit_size(ByteView head) {
  const auto length = load_big_endian<int32_t>(head.data() + kLengthAt);
  if (length < int32_t(kOpBytesMin - kUncountedBytes) || size_t(length) > kOpBytesMax - kUncountedBytes) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("{} has the impossible length {}", describe(head[0]), length));
  }
  return size_t(length) + kUncountedBytes;
}

Result<EditFrame> decode_frame(ByteView bytes) {
  if (bytes.size() < kIdAt) return fail(ErrorCode::kEof, "ends within an op");
  DFS_TRY(const size_t size, edit_size(bytes));
  if (bytes.size() < size) return fail(ErrorCode::kEof, fmt::format("ends within {}", describe(bytes[0])));
  const auto id = TransactionId(load_big_endian<uint64_t>(bytes.data() + kIdAt));
  const auto expected = load_big_endian<uint32_t>(bytes.data() + size - kSumBytes);
  if (checksum::crc32(0, bytes.first(size - kSumBytes)) != expected) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("{} of transaction {} has a wrong checksum", describe(bytes[0]), raw(id)));
  }
  if (!kDecoders[bytes[0]]) {
    return fail(ErrorCode::kCorruptFormat, fmt::format("{} at transaction {}", describe(bytes[0]), raw(id)));
  }
  return EditFrame{
      .code = OpCode(bytes[0]), .id = id, .body = bytes.subspan(kBodyAt, size - kBodyAt - kSumBytes), .bytes = size};
}

Result<Edit> decode_edit(const EditFrame& frame) {
  EditReader in(frame.body);
  Edit edit{.id = frame.id, .record = kDecoders[size_t(frame.code)](in)};
  if (auto problem = in.problem()) {
    return fail(ErrorCode::kCorruptFormat,
                fmt::format("{} of transaction {}: {}", name_of(frame.code), raw(frame.id), *problem));
  }
  return edit;
}

}  // namespace dfs::namenode
