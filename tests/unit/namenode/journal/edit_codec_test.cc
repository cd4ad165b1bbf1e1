#include "namenode/journal/edit_codec.h"

#include <gtest/gtest.h>

#include <set>

#include "proto/checksum/checksum.h"
#include "tests/unit/namenode/journal/random_edit.h"

namespace dfs::namenode {
namespace {

Result<Edit> decode(std::string_view bytes) {
  DFS_TRY(const EditFrame frame, decode_frame(as_bytes(bytes)));
  return decode_edit(frame);
}

// An op around a body of any bytes, with everything outside the body right.
std::string framed(OpCode code, std::string_view body, TransactionId id = TransactionId{7}) {
  std::string op;
  ByteWriter out(op);
  out.u8(uint8_t(code));
  out.u32(uint32_t(12 + body.size()));
  out.u64(raw(id));
  out.bytes(body);
  out.u32(checksum::crc32(0, as_bytes(op)));
  return op;
}

TEST(EditCodec, EveryWritableOpComesBackAsItWas) {
  std::mt19937_64 random(3);
  std::set<OpCode> written;
  for (int round = 0; round < 100; ++round) {
    for (size_t i = 0; i < kOpCount; ++i) {
      const Edit edit{.id = TransactionId{random() >> 1}, .record = random_record(i, random)};
      if (!is_writable(edit.record)) continue;
      std::string bytes = "before";
      auto encoded = encode_edit(edit, bytes);
      ASSERT_TRUE(encoded) << encoded.error().message();
      auto decoded = decode(std::string_view(bytes).substr(6));
      ASSERT_TRUE(decoded) << decoded.error().message();
      ASSERT_EQ(*decoded, edit) << name_of(code_of(edit.record));
      written.insert(code_of(edit.record));
    }
  }
  EXPECT_EQ(written.size(), 49u);
}

TEST(EditCodec, TheTwoDeprecatedOpsAreReadButNotWritten) {
  std::string body;
  ByteWriter out(body);
  out.short_text("/dir");
  EXPECT_EQ(decode(framed(OpCode::kClearNsQuota, body))->record, EditRecord(ClearNsQuotaOp{.source = "/dir"}));
  out.u64(uint64_t(-1));
  EXPECT_EQ(decode(framed(OpCode::kSetNsQuota, body))->record,
            EditRecord(SetNsQuotaOp{.source = "/dir", .namespace_quota = -1}));
  std::string bytes;
  EXPECT_FALSE(encode_edit({.id = TransactionId{1}, .record = SetNsQuotaOp{}}, bytes));
  EXPECT_FALSE(encode_edit({.id = TransactionId{1}, .record = ClearNsQuotaOp{}}, bytes));
  EXPECT_TRUE(bytes.empty());
}

TEST(EditCodec, ADeleteHasTheBytesThatHadoopWrites) {
  std::string bytes;
  ASSERT_TRUE(
      encode_edit({.id = TransactionId{258},
                   .record = DeleteOp{.path = "/a", .timestamp_ms = 3, .rpc = {.client_id = "c", .call_id = 4}}},
                  bytes));
  const std::string_view expected(
      "\x02"
      "\0\0\0\x1f"
      "\0\0\0\0\0\0\x01\x02"
      "\0\x02/a"
      "\0\0\0\0\0\0\0\x03"
      "\0\x01"
      "c"
      "\0\0\0\x04",
      32);
  EXPECT_EQ(bytes.substr(0, bytes.size() - 4), expected);
  EXPECT_EQ(load_big_endian<uint32_t>(bytes.data() + bytes.size() - 4), checksum::crc32(0, as_bytes(expected)));
}

// Each with the bytes that Hadoop 3.4.1 wrote for it (OfflineEditsViewer, from XML), so that what both sides of this
// codec agree on stays Hadoop's.
TEST(EditCodec, OpsHaveTheBytesThatHadoopWrote) {
  const auto ids = [](char first, int32_t call) {
    RpcIds made{.client_id = std::string(16, first), .call_id = call};
    for (size_t i = 1; i < made.client_id.size(); ++i) made.client_id[i] = char(uint8_t(first) + i * 7);
    return made;
  };
  const std::vector<std::pair<Edit, std::string_view>> written{
      {{TransactionId{10},
        AddBlockOp{.path = "/bl\u00f6ck",
                   .penultimate_block = EditBlock{BlockId{1'073'741'830}, 1'000'000'000'006, GenerationStamp{1'006}},
                   .last_block = {BlockId{1'073'741'831}, 1'000'000'000'007, GenerationStamp{1'007}},
                   .rpc = ids('\x03', 13)}},
       "2100000047000000000000000a00072f626cc3b6636b0200000000400000068be8d4a510068e03ee000000004000000701010010030a111"
       "8"
       "1f262d343b424950575e656c0000000d25e15768"},
      {{TransactionId{26}, RenameOp{.source = "/fr\u00f6m",
                                    .destination = "/t\u00f6",
                                    .timestamp_ms = 1'500'000'000'015,
                                    .options = {RenameOption::kOverwrite, RenameOption::kToTrash, RenameOption::kNone},
                                    .rpc = ids('\x07', 23)}},
       "0f0000003f000000000000001a00062f6672c3b66d00042f74c3b60000015d3ef7980f000000030102000010070e151c232a31383f464d5"
       "4"
       "5b6269700000001723049825"},
      {{TransactionId{38},
        TimesOp{.path = "/t\u00efmes", .mtime_ms = 1'500'000'000'021, .atime_ms = 1'500'000'000'022}},
       "0d00000025000000000000002600072f74c3af6d65730000015d3ef798150000015d3ef79816c2decf06"},
      {{TransactionId{45},
        SetAclOp{
            .source = "/\u00e4cl",
            .acl_entries = {{.scope = AclScope::kAccess, .type = AclType::kUser, .permission = 7},
                            {.scope = AclScope::kAccess, .type = AclType::kUser, .name = "ren\u00e9e", .permission = 5},
                            {.scope = AclScope::kAccess, .type = AclType::kGroup, .name = "\u7d44", .permission = 1},
                            {.scope = AclScope::kAccess, .type = AclType::kMask, .permission = 6},
                            {.scope = AclScope::kDefault, .type = AclType::kOther, .permission = 0}}}},
       "2800000049000000000000002d3c0a052fc3a4636c1206080010001807120e080010001805220672656ec3a965120b0801100018012203e"
       "7"
       "b5841206080210001806120608031001180048cbfe49"},
      {{TransactionId{46}, SetXAttrOp{.source = "/bare", .xattrs = {{.name_space = 0, .name = "n"}}}},
       "2b00000023000000000000002e100a052f626172651207080012016e1a000000fffffffe8b4afb78"},
      {{TransactionId{70}, AddCachePoolOp{.pool = {.name = "p\u00f6ol",
                                                   .owner = "\u00f6wner",
                                                   .group = "gr\u00f6up",
                                                   .mode = uint16_t(0751),
                                                   .limit_bytes = 1'000'000'000'001,
                                                   .max_relative_expiry_ms = 1'000'000'000'002,
                                                   .default_replication = uint16_t(3)},
                                          .rpc = ids('\x12', 54)}},
       "24000000510000000000000046000570c3b66f6c0000003f0006c3b6776e657200066772c3b6757001e9000000e8d4a51001000000e8d4a"
       "5"
       "100200030010121920272e353c434a51585f666d747b00000036329077ce"},
  };
  for (const auto& [edit, hex] : written) {
    std::string bytes;
    for (size_t i = 0; i < hex.size(); i += 2) bytes += char(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
    std::string ours;
    ASSERT_TRUE(encode_edit(edit, ours));
    EXPECT_EQ(ours, bytes) << name_of(code_of(edit.record));
    auto decoded = decode(bytes);
    ASSERT_TRUE(decoded) << decoded.error().message();
    EXPECT_EQ(*decoded, edit) << name_of(code_of(edit.record));
  }
}

TEST(EditCodec, AnOpCutAnywhereIsIncompleteAndAChangedOneIsRefused) {
  std::mt19937_64 random(5);
  for (size_t i = 0; i < kOpCount; ++i) {
    const Edit edit{.id = TransactionId{1}, .record = random_record(i, random)};
    if (!is_writable(edit.record)) continue;
    std::string bytes;
    ASSERT_TRUE(encode_edit(edit, bytes));
    for (size_t length = 0; length < bytes.size(); ++length) {
      auto cut = decode(std::string_view(bytes).substr(0, length));
      ASSERT_FALSE(cut);
      EXPECT_EQ(cut.error().code(), ErrorCode::kEof);
    }
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = char(flipped[bit / 8] ^ 1 << bit % 8);
      ASSERT_FALSE(decode(flipped)) << name_of(code_of(edit.record)) << " bit " << bit;
    }
  }
}

TEST(EditCodec, HDFS_3134_ABodyOfGarbageWithARightChecksumIsRefusedOrReadButNeverTrusted) {
  std::mt19937_64 random(9);
  for (size_t i = 0; i < kOpCount; ++i) {
    const EditRecord record = random_record(i, random);
    if (!is_writable(record)) continue;
    std::string bytes;
    ASSERT_TRUE(encode_edit({.id = TransactionId{1}, .record = record}, bytes));
    const std::string body = bytes.substr(13, bytes.size() - 17);
    for (size_t length = 0; length < body.size(); ++length) {
      auto cut = decode(framed(code_of(record), body.substr(0, length)));
      if (!cut) {
        EXPECT_EQ(cut.error().code(), ErrorCode::kCorruptFormat);
      }
    }
    EXPECT_FALSE(decode(framed(code_of(record), body + "x")));
    for (int round = 0; round < 300 && !body.empty(); ++round) {
      std::string broken = body;
      for (int change = 0; change < 3; ++change) broken[random() % broken.size()] = char(random());
      if (auto result = decode(framed(code_of(record), broken)); !result) {
        EXPECT_EQ(result.error().code(), ErrorCode::kCorruptFormat);
      }
    }
  }
}

// Calls of the cache were carried out twice after a failover: the log did not say whose they were.
TEST(EditCodec, HDFS_5385_TheLogSaysWhoseCallsThatAreCarriedOutOnceWere) {
  const std::set<OpCode> carried_out_once{
      OpCode::kAdd,
      OpCode::kAppend,
      OpCode::kUpdateBlocks,
      OpCode::kRenameOld,
      OpCode::kRename,
      OpCode::kDelete,
      OpCode::kConcatDelete,
      OpCode::kSymlink,
      OpCode::kCreateSnapshot,
      OpCode::kDeleteSnapshot,
      OpCode::kRenameSnapshot,
      OpCode::kAddCacheDirective,
      OpCode::kModifyCacheDirective,
      OpCode::kRemoveCacheDirective,
      OpCode::kAddCachePool,
      OpCode::kModifyCachePool,
      OpCode::kRemoveCachePool,
      OpCode::kSetXAttr,
      OpCode::kRemoveXAttr,
      OpCode::kAddErasureCodingPolicy,
      OpCode::kEnableErasureCodingPolicy,
      OpCode::kDisableErasureCodingPolicy,
      OpCode::kRemoveErasureCodingPolicy,
  };
  const RpcIds ids{.client_id = "0123456789abcdef", .call_id = 77};
  std::mt19937_64 random(11);
  std::set<OpCode> found;
  for (size_t i = 0; i < kOpCount; ++i) {
    EditRecord record = random_record(i, random);
    const bool has_ids = std::visit(
        [&](auto& op) {
          if constexpr (requires { op.rpc; }) op.rpc = ids;
          return requires { op.rpc; };
        },
        static_cast<AnyOp&>(record));
    if (!has_ids) continue;
    std::string bytes;
    ASSERT_TRUE(encode_edit({.id = TransactionId{1}, .record = record}, bytes));
    auto decoded = decode(bytes);
    ASSERT_TRUE(decoded);
    const RpcIds* read = rpc_ids_of(decoded->record);
    ASSERT_NE(read, nullptr) << name_of(code_of(record));
    EXPECT_EQ(*read, ids) << name_of(code_of(record));
    found.insert(code_of(record));
  }
  for (OpCode code : carried_out_once) EXPECT_TRUE(found.contains(code)) << name_of(code);
}

TEST(EditCodec, ACountBeyondWhatIsThereIsRefusedBeforeAllocation) {
  std::string body;
  ByteWriter out(body);
  out.short_text("/f");
  out.u32(0x7fffffff);
  EXPECT_FALSE(decode(framed(OpCode::kConcatDelete, body)));
  body.clear();
  out.short_text("/f");
  out.writable_vlong(0x7fffffff);
  EXPECT_FALSE(decode(framed(OpCode::kUpdateBlocks, body)));
  body.clear();
  out.varint(UINT64_MAX);
  EXPECT_FALSE(decode(framed(OpCode::kSetAcl, body)));
  EXPECT_FALSE(decode(framed(OpCode::kSetXAttr, body)));
}

TEST(EditCodec, BrokenFramesAreRefused) {
  EXPECT_EQ(decode(framed(OpCode(5), "")).error().code(), ErrorCode::kCorruptFormat);
  EXPECT_EQ(decode(framed(OpCode(200), "")).error().code(), ErrorCode::kCorruptFormat);
  std::string op = framed(OpCode::kStartLogSegment, "");
  ASSERT_EQ(op.size(), kOpBytesMin);
  ASSERT_TRUE(decode(op));
  store_big_endian(op.data() + 1, uint32_t{11});
  EXPECT_EQ(decode(op).error().code(), ErrorCode::kCorruptFormat);
  store_big_endian(op.data() + 1, uint32_t{kOpBytesMax});
  EXPECT_EQ(decode(op).error().code(), ErrorCode::kCorruptFormat);
  store_big_endian(op.data() + 1, uint32_t{0x80000000});
  EXPECT_EQ(decode(op).error().code(), ErrorCode::kCorruptFormat);
}

TEST(EditCodec, WhatHadoopCouldNotReadBackIsNotWritten) {
  std::string bytes;
  const auto refused = [&](EditRecord record) {
    auto result = encode_edit({.id = TransactionId{1}, .record = std::move(record)}, bytes);
    return !result && result.error().code() == ErrorCode::kInvalidArgument && bytes.empty();
  };
  EXPECT_TRUE(refused(DeleteOp{.path = std::string(65536, 'a')}));
  for (std::string_view bad : {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe0\x80\x80",
                               "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\x80"}) {
    EXPECT_TRUE(refused(DeleteOp{.path = std::string(bad)})) << bad;
    EXPECT_TRUE(refused(SetAclOp{.source = std::string(bad)}));
    EXPECT_TRUE(refused(SetXAttrOp{.source = std::string(bad)}));
    EXPECT_TRUE(refused(SetAclOp{.source = "/f", .acl_entries = {{.name = std::string(bad)}}}));
    EXPECT_TRUE(refused(SetXAttrOp{.source = "/f", .xattrs = {{.name = std::string(bad)}}}));
    EXPECT_TRUE(refused(MkdirOp{.path = "/d", .permissions = {.user = std::string(bad)}}));
  }
  EXPECT_TRUE(refused(MkdirOp{.permissions = {.user = std::string(2 << 20, 'u')}}));
  EXPECT_TRUE(refused(SetXAttrOp{.source = "/f", .xattrs = {{.name_space = 9, .name = "n"}}}));
  EXPECT_TRUE(refused(DeleteOp{.path = "/f", .rpc = {.client_id = std::string(70000, 'x'), .call_id = 1}}));
  EXPECT_TRUE(refused(UpdateMasterKeyOp{.key = {.key = std::string(2 << 20, 'k')}}));
  EXPECT_TRUE(refused(SetXAttrOp{.source = "/f", .xattrs = {{.name = "n", .value = std::string(kOpBytesMax, 'v')}}}));
}

TEST(EditCodec, NamesThatJavaWroteAsSurrogatesAreReadAsUtf8) {
  std::string body;
  ByteWriter out(body);
  out.short_text("/\xed\xa0\xbd\xed\xb0\x98!\xed\x9f\xbf");
  EXPECT_EQ(std::get<AllowSnapshotOp>(decode(framed(OpCode::kAllowSnapshot, body))->record).snapshot_root,
            "/\xf0\x9f\x90\x98!\xed\x9f\xbf");
  body.clear();
  out.short_text("\xed\xa0\xbd-\xed");  // a lone half stays what it was
  EXPECT_EQ(std::get<AllowSnapshotOp>(decode(framed(OpCode::kAllowSnapshot, body))->record).snapshot_root,
            "\xed\xa0\xbd-\xed");
}

TEST(EditCodec, OnlyTheLayoutsThatAreReadPassTheHeader) {
  const std::string header = encode_segment_header();
  EXPECT_TRUE(check_segment_header(as_bytes(header)));
  const auto check = [](int32_t layout, uint32_t flags) {
    std::string bytes;
    ByteWriter out(bytes);
    out.u32(uint32_t(layout));
    out.u32(flags);
    return check_segment_header(as_bytes(bytes));
  };
  EXPECT_TRUE(check(-66, 0));
  EXPECT_EQ(check(-65, 0).error().code(), ErrorCode::kIncorrectVersion);
  EXPECT_EQ(check(-68, 0).error().code(), ErrorCode::kIncorrectVersion);
  EXPECT_EQ(check(-67, 1).error().code(), ErrorCode::kIncorrectVersion);
  EXPECT_EQ(check(-1, 0).error().code(), ErrorCode::kCorruptFormat);
  EXPECT_EQ(check(7, 0).error().code(), ErrorCode::kCorruptFormat);
  EXPECT_EQ(check_segment_header(as_bytes(header.substr(0, 7))).error().code(), ErrorCode::kCorruptFormat);
}

}  // namespace
}  // namespace dfs::namenode
