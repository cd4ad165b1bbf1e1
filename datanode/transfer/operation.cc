#include "datanode/transfer/operation.h"

#include <fmt/format.h>

#include "proto/base/task.h"

namespace dfs::datanode {

std::function<void()> Session::closer(asio::any_io_executor executor) const {
  return [executor = std::move(executor), weak = std::weak_ptr<Stream>(stream)] {
    asio::post(executor, [weak] {
      if (auto open = weak.lock()) open->close();
    });
  };
}

Block from_proto(const pb::ExtendedBlockProto& proto) {
  return {.id = BlockId(proto.blockid()),
          .generation = GenerationStamp(proto.generationstamp()),
          .length_bytes = proto.numbytes()};
}

void to_proto(const Block& block, const std::string& pool, pb::ExtendedBlockProto& proto) {
  proto.set_poolid(pool);
  proto.set_blockid(raw(block.id));
  proto.set_generationstamp(raw(block.generation));
  proto.set_numbytes(block.length_bytes);
}

Result<void> check_pool(const ReplicaStore& store, const pb::ExtendedBlockProto& block) {
  if (!store.is_loaded()) return fail(ErrorCode::kRetriable, "The DataNode is still looking for its replicas");
  if (block.poolid() == store.pool_id()) return {};
  return fail(ErrorCode::kIo, "Cannot locate OfferService thread for bp=" + block.poolid());
}

Task<Result<void>> respond(Session& session, transfer::Status status, std::string message) {
  pb::BlockOpResponseProto response;
  response.set_status(pb::Status(int(status)));
  if (!message.empty()) response.set_message(std::move(message));
  co_return co_await transfer::send_message(*session.stream, response);
}

Endpoint transfer_endpoint(const TransferContext& context, const pb::DatanodeInfoProto& node) {
  return {context.connect_by_host_name ? node.id().hostname() : node.id().ipaddr(), uint16_t(node.id().xferport())};
}

}  // namespace dfs::datanode
