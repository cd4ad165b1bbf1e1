#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "namenode/journal/edit_record.h"
#include "proto/base/bytes.h"
#include "proto/base/error.h"

namespace dfs::namenode {

// Hadoop's bytes of an edit log segment (FSEditLogOp.Writer and LengthPrefixedReader, EditLogFileOutputStream):
//
//   segment:  i32 layout version | i32 size of the layout flags, always 0 | op ...
//   op:       u8 op code | i32 length | i64 transaction id | body | u32 CRC-32 of all before it in the op
//
// where `length` counts itself, the transaction id and the body. A segment that is still being written is filled up
// with OP_INVALID (0xff) behind its last op.

// What Hadoop 3.4.1 writes (NameNodeLayoutVersion). The edits of kLayoutVersionOldest differ in nothing.
inline constexpr int32_t kLayoutVersion = -67;
inline constexpr int32_t kLayoutVersionOldest = -66;
inline constexpr size_t kSegmentHeaderBytes = 8;
inline constexpr uint8_t kOpInvalid = 0xff;
// dfs.namenode.max.op.size: what a reader accepts, and so what a writer may write.
inline constexpr size_t kOpBytesMax = 50 * 1024 * 1024;
// An op without a body.
inline constexpr size_t kOpBytesMin = 17;

std::string encode_segment_header();
// kIncorrectVersion for a layout that this build does not read, kCorruptFormat for what is no header.
Result<void> check_segment_header(ByteView header);

// Appends the op to `out`, or leaves it as it was: kInvalidArgument where the record cannot be written so that Hadoop
// reads it back (a string that is too long or not UTF-8, an op larger than kOpBytesMax, an op that is only read).
// In debug builds what was encoded is decoded back and compared.
Result<void> encode_edit(const Edit& edit, std::string& out);

// An op with its bytes checked, but not yet decoded.
struct EditFrame {
  OpCode code{};
  TransactionId id = kNoTransaction;
  ByteView body;
  size_t bytes = 0;  // of the whole op
};

// How many bytes from its first one on the op takes, as far as its first 5 bytes tell: kCorruptFormat if they cannot be
// the beginning of an op. Requires: head.size() >= 5 and head[0] != kOpInvalid.
Result<size_t> edit_size(ByteView head);
// The op that `bytes` begin with. kEof if they end before it does, kCorruptFormat if its checksum or code is wrong.
Result<EditFrame> decode_frame(ByteView bytes);
Result<Edit> decode_edit(const EditFrame& frame);

}  // namespace dfs::namenode
