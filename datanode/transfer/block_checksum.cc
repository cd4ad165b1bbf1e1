// The checksum of a block from the sums of its chunks (BlockChecksumHelper.ReplicatedBlockChecksumComputer).
#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "datanode/transfer/operation.h"
#include "proto/base/task.h"

namespace dfs::datanode {
namespace {

struct Computed {
  std::string digest;
  uint64_t chunks = 0;
};

// The sums of the first `length` bytes; the last one is made anew where `length` ends inside a chunk of the replica.
Result<std::vector<uint8_t>> sums_of(ReplicaReader& reader, uint64_t length) {
  const checksum::Checksum& checksum = reader.checksum();
  DFS_TRY(std::vector<uint8_t> sums, reader.all_sums());
  if (length >= reader.length_bytes()) return sums;
  sums.resize(checksum.sums_bytes(length));
  uint64_t rest = length % checksum.chunk_bytes;
  if (rest == 0 || checksum.type == checksum::Type::kNull) return sums;
  std::vector<uint8_t> chunk(rest);
  DFS_TRY_OK(reader.read(length - rest, chunk, {}));
  store_big_endian(sums.data() + sums.size() - 4, checksum.update(0, chunk));
  return sums;
}

std::string md5(ByteView bytes) {
  std::string digest(16, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_md5(), nullptr);
  return digest;
}

// One CRC over each `stripe` of the data, composed from those of its chunks.
std::string composite(const checksum::Checksum& checksum, ByteView sums, uint64_t length, uint64_t stripe) {
  if (stripe == 0 || stripe > length) stripe = length;
  std::string out;
  uint32_t crc = 0;
  uint64_t in_stripe = 0;
  for (uint64_t offset = 0, i = 0; offset < length; offset += checksum.chunk_bytes, ++i) {
    uint64_t chunk = std::min<uint64_t>(checksum.chunk_bytes, length - offset);
    crc = checksum::concatenate(checksum.type, crc, load_big_endian<uint32_t>(sums.data() + i * 4), chunk);
    in_stripe += chunk;
    if (in_stripe >= stripe || offset + chunk >= length) {
      ByteWriter(out).u32(crc);
      crc = 0;
      in_stripe = 0;
    }
  }
  return out;
}

Result<Computed> compute(ReplicaReader& reader, const pb::BlockChecksumOptionsProto& options, uint64_t requested) {
  const uint64_t length = std::min(requested, reader.visible_bytes().value_or(0));
  DFS_TRY(std::vector<uint8_t> sums, sums_of(reader, length));
  Computed computed;
  // Of the whole replica, as stock counts them from the meta file.
  computed.chunks =
      reader.checksum().type == checksum::Type::kNull ? 0 : reader.checksum().chunks(reader.length_bytes());
  if (options.blockchecksumtype() != pb::COMPOSITE_CRC) {
    computed.digest = md5(sums);
    return computed;
  }
  if (reader.checksum().type == checksum::Type::kNull) {
    return fail(ErrorCode::kIo, "The block has no checksums to compose");
  }
  computed.digest = composite(reader.checksum(), sums, length, options.stripelength());
  return computed;
}

}  // namespace

Task<Result<Next>> block_checksum(Session& session, pb::OpBlockChecksumProto request) {
  const pb::ExtendedBlockProto& wanted = request.header().block();
  DFS_CO_TRY_OK(check_pool(session.context.store, wanted));
  DFS_CO_TRY(std::unique_ptr<ReplicaReader> reader, co_await open_for_reading(session.context, from_proto(wanted), 0));
  DFS_CO_TRY(Computed computed, co_await run_on(reader->replica().volume().executor(), [&] {
               return compute(*reader, request.blockchecksumoptions(), wanted.numbytes());
             }));
  pb::BlockOpResponseProto response;
  response.set_status(pb::SUCCESS);
  pb::OpBlockChecksumResponseProto& answer = *response.mutable_checksumresponse();
  answer.set_bytespercrc(reader->checksum().chunk_bytes);
  answer.set_crcperblock(computed.chunks);
  answer.set_blockchecksum(std::move(computed.digest));
  answer.set_crctype(pb::ChecksumTypeProto(int(reader->checksum().type)));
  *answer.mutable_blockchecksumoptions() = request.blockchecksumoptions();
  DFS_CO_TRY_OK(co_await transfer::send_message(*session.stream, response));
  co_return Next::kCloseConnection;
}

}  // namespace dfs::datanode
