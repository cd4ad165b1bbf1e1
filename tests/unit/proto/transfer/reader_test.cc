#include "proto/transfer/reader.h"

#include <gtest/gtest.h>

#include "proto/hadoop/datatransfer.pb.h"
#include "tests/unit/proto/transfer/scripted_stream.h"

namespace dfs::transfer {
namespace {

std::string packet_text(PacketHeader header, std::string_view sums, std::string_view data) {
  ScriptedStream stream("");
  header.data_bytes = uint32_t(data.size());
  EXPECT_TRUE(run(send_packet(stream, header, as_bytes(sums), as_bytes(data))));
  return stream.written;
}

hadoop::hdfs::OpReadBlockProto read_op() {
  hadoop::hdfs::OpReadBlockProto op;
  op.mutable_header()->set_clientname("client");
  auto* block = op.mutable_header()->mutable_baseheader()->mutable_block();
  block->set_poolid("BP-1");
  block->set_blockid(7);
  block->set_generationstamp(1001);
  op.set_offset(3);
  op.set_len(4);
  return op;
}

Task<Result<std::string>> read_one_op(Stream& stream) {
  Reader reader(stream);
  DFS_CO_TRY(Op op, co_await reader.op());
  hadoop::hdfs::OpReadBlockProto message;
  DFS_CO_TRY_OK(co_await reader.message(message));
  co_return name_of(op) + " " + message.header().clientname() + " " + std::to_string(message.len());
}

TEST(Reader, AnOperationArrivesAsItWasSentWhateverThePieces) {
  std::string bytes = encode_op(Op::kReadBlock, read_op());
  EXPECT_EQ(bytes.substr(0, 3), std::string("\0\x1c\x51", 3));
  for (size_t piece : {size_t(1), size_t(2), size_t(1000)}) {
    ScriptedStream stream(bytes, piece);
    auto text = run(read_one_op(stream));
    ASSERT_TRUE(text) << text.error().to_string();
    EXPECT_EQ(*text, "READ_BLOCK client 4");
  }
}

TEST(Reader, AnotherVersionIsRefused) {
  ScriptedStream stream(std::string("\0\x1b\x51", 3));
  EXPECT_EQ(run(read_one_op(stream)).error().code(), ErrorCode::kVersionMismatch);
}

TEST(Reader, AMessageThatIsTooLongOrBrokenIsRefusedBeforeItIsRead) {
  ScriptedStream too_long(std::string("\0\x1c\x51\xff\xff\xff\x7f", 7));
  EXPECT_EQ(run(read_one_op(too_long)).error().code(), ErrorCode::kCorruptFormat);
  ScriptedStream endless(std::string("\0\x1c\x51", 3) + std::string(11, '\xff'));
  EXPECT_EQ(run(read_one_op(endless)).error().code(), ErrorCode::kCorruptFormat);
  ScriptedStream broken(std::string("\0\x1c\x51\x03zzz", 7));
  EXPECT_EQ(run(read_one_op(broken)).error().code(), ErrorCode::kCorruptFormat);
  ScriptedStream cut(std::string("\0\x1c\x51\x03z", 5));
  EXPECT_EQ(run(read_one_op(cut)).error().code(), ErrorCode::kEof);
}

Task<std::string> read_packets(Stream& stream, int count) {
  Reader reader(stream);
  std::string out;
  for (int i = 0; i < count; ++i) {
    auto packet = co_await reader.packet();
    if (!packet) co_return out + packet.error().to_string();
    out += std::to_string(packet->header.seqno) + ":" + std::string(as_text(packet->sums)) + ":" +
           std::to_string(packet->data.size()) + (packet->header.sync_block ? "s" : "") +
           (packet->header.last_packet_in_block ? "l" : "") + " ";
  }
  co_return out;
}

TEST(Reader, PacketsArriveAsTheyWereSentWhateverThePieces) {
  std::string bytes = packet_text({.seqno = 0}, "aaaa", std::string(100, 'x')) +
                      packet_text({.offset_in_block = 100, .seqno = 1, .sync_block = true}, "bbbb", "y") +
                      packet_text({.seqno = 2}, std::string(4000, 'c'), std::string(300000, 'z')) +
                      packet_text({.offset_in_block = 101, .seqno = 3, .last_packet_in_block = true}, "", "");
  for (size_t piece : {size_t(1), size_t(7), size_t(65536), SIZE_MAX}) {
    ScriptedStream stream(bytes, piece);
    EXPECT_EQ(run(read_packets(stream, 4)), "0:aaaa:100 1:bbbb:1s 2:" + std::string(4000, 'c') + ":300000 3::0l ");
  }
}

Task<std::string> read_batches(Stream& stream) {
  Reader reader(stream);
  PacketBatch even, odd;
  std::string data;
  for (int i = 0;; ++i) {
    PacketBatch& batch = i % 2 == 0 ? even : odd;
    auto read = reader.packets_now(batch);
    if (!read) co_return data + read.error().to_string();
    EXPECT_TRUE(*read);
    size_t bytes = 0;
    for (const Packet& packet : batch.packets) {
      data += as_text(packet.data);
      bytes += packet.whole.size();
    }
    EXPECT_EQ(bytes, batch.whole.size());
    if (batch.packets.back().header.last_packet_in_block) co_return data + std::to_string(reader.buffered());
  }
}

TEST(Reader, BatchesHoldWholePacketsAndEndWithTheLastOfTheBlock) {
  std::string bytes, expected;
  for (int i = 0; i < 50; ++i) {
    std::string data(size_t(i * 997 % 5000 + 1), char('a' + i % 26));
    bytes += packet_text({.seqno = i}, "sums", data);
    expected += data;
  }
  bytes += packet_text({.seqno = 50, .last_packet_in_block = true}, "", "");
  for (size_t piece : {size_t(1), size_t(777), size_t(40000), SIZE_MAX}) {
    ScriptedStream stream(bytes + "next", piece);
    std::string result = run(read_batches(stream));
    EXPECT_TRUE(result.starts_with(expected)) << piece;
    EXPECT_LE(result.size(), expected.size() + 1);
  }
}

TEST(Reader, WithoutWaitingOnlyWhatHasArrivedWholeIsTaken) {
  const std::string packets = packet_text({.seqno = 0}, "sums", "data") + packet_text({.seqno = 1}, "sums", "more");
  std::string acks;
  for (int64_t seqno : {7, 8}) {
    encode_ack({.seqno = seqno, .replies = {Status::kSuccess, Status::kError}, .downstream_nanos = 0}, acks);
  }
  for (size_t piece : {size_t(1), size_t(30), SIZE_MAX}) {
    ScriptedStream of_packets(packets, piece, ScriptedStream::Between::kNothing);
    Reader packet_reader(of_packets);
    PacketBatch batch;
    std::string seen;
    int empty_handed = 0;
    while (seen.size() < 2) {
      auto taken = packet_reader.packets_now(batch);
      ASSERT_TRUE(taken) << taken.error().to_string();
      if (!*taken) ++empty_handed;
      for (const Packet& packet : batch.packets) seen += std::to_string(packet.header.seqno);
    }
    EXPECT_EQ(seen, "01");
    EXPECT_EQ(packet_reader.packets_now(batch).error().code(), ErrorCode::kEof);
    ScriptedStream of_acks(acks, piece, ScriptedStream::Between::kNothing);
    Reader reader(of_acks);
    PipelineAck ack;
    for (int64_t seqno : {7, 8}) {
      while (!*reader.ack_now(ack)) ++empty_handed;
      EXPECT_EQ(ack.seqno, seqno);
      EXPECT_EQ(ack.replies, (std::vector{Status::kSuccess, Status::kError}));
    }
    EXPECT_EQ(empty_handed > 0, piece != SIZE_MAX);
    EXPECT_EQ(reader.ack_now(ack).error().code(), ErrorCode::kEof);
  }
  for (std::string_view broken : {std::string_view("\xff\xff\xff\x7f"), std::string_view("\x02zz")}) {
    ScriptedStream stream{std::string(broken)};
    Reader reader(stream);
    PipelineAck ack;
    EXPECT_EQ(reader.ack_now(ack).error().code(), ErrorCode::kCorruptFormat);
  }
  ScriptedStream endless(std::string(11, '\xff'));
  Reader reader(endless);
  PipelineAck ack;
  EXPECT_EQ(reader.ack_now(ack).error().code(), ErrorCode::kCorruptFormat);
}

TEST(Reader, PacketsThatHadoopRefusesAreRefused) {
  auto refused = [](std::string bytes) {
    ScriptedStream stream(std::move(bytes));
    return run(read_packets(stream, 1));
  };
  EXPECT_NE(refused(std::string("\0\0\0\3\0\0", 6)).find("Invalid payload length 3"), std::string::npos);
  EXPECT_NE(refused(std::string("\xff\xff\xff\xff\0\0", 6)).find("Invalid payload length -1"), std::string::npos);
  EXPECT_NE(refused(std::string("\0\0\0\4\xff\xff", 6)).find("Invalid header length -1"), std::string::npos);
  EXPECT_NE(refused(std::string("\x01\0\0\1\0\0", 6)).find("Incorrect value for packet payload size"),
            std::string::npos);
  EXPECT_NE(refused(std::string("\0\0\0\4\0\1z", 7)).find("Invalid packet header"), std::string::npos);
  std::string packet = packet_text({.seqno = 1}, "", "data");
  packet[3] = 5;  // claims one byte of payload where the header says four
  EXPECT_NE(refused(packet).find("exceeds data length received"), std::string::npos);
}

Task<Result<PipelineAck>> read_ack(Stream& stream) {
  Reader reader(stream);
  co_return co_await reader.ack();
}

TEST(Reader, AnAcknowledgementKeepsItsStatuses) {
  std::string bytes;
  encode_ack({.seqno = 9, .replies = {Status::kSuccess, Status::kErrorChecksum}, .downstream_nanos = 5}, bytes);
  ScriptedStream stream(bytes);
  auto ack = run(read_ack(stream));
  ASSERT_TRUE(ack);
  EXPECT_EQ(ack->seqno, 9);
  EXPECT_EQ(ack->replies, (std::vector{Status::kSuccess, Status::kErrorChecksum}));
  EXPECT_FALSE(ack->is_success());
  ScriptedStream broken("\x01z");
  EXPECT_FALSE(run(read_ack(broken)));
}

TEST(PacketHeader, OursIsByteForByteProtobufs) {
  for (bool sync : {false, true}) {
    PacketHeader header{.offset_in_block = 123456789012,
                        .seqno = -1,
                        .last_packet_in_block = true,
                        .sync_block = sync,
                        .data_bytes = 65024};
    hadoop::hdfs::PacketHeaderProto proto;
    proto.set_offsetinblock(header.offset_in_block);
    proto.set_seqno(header.seqno);
    proto.set_lastpacketinblock(true);
    proto.set_datalen(65024);
    if (sync) proto.set_syncblock(true);
    EncodedPacketHeader encoded(header, 508);
    EXPECT_EQ(as_text(encoded.bytes().subspan(6)), proto.SerializeAsString());
    EXPECT_EQ(load_big_endian<uint32_t>(encoded.bytes().data()), 4 + 508 + 65024u);
  }
}

TEST(Status, NamesAreHadoops) {
  EXPECT_EQ(name_of(Status::kErrorChecksum), "ERROR_CHECKSUM");
  EXPECT_EQ(name_of(Stage::kSetupCreate), "PIPELINE_SETUP_CREATE");
  EXPECT_EQ(name_of(Op(99)), "99");
  EXPECT_TRUE(check_status(Status::kSuccess, "", "x"));
  EXPECT_EQ(check_status(Status::kErrorAccessToken, "", "x").error().code(), ErrorCode::kInvalidToken);
}

}  // namespace
}  // namespace dfs::transfer
