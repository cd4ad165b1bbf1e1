#include <fmt/format.h>

#include "namenode/leases/lease_table.h"
#include "namenode/service/client_methods.h"
#include "namenode/service/file_status_bytes.h"

namespace dfs::namenode {

using namespace hadoop::hdfs;

namespace {

// Bits of CreateRequestProto.createFlag and AppendRequestProto.flag (CreateFlag).
bool has(uint32_t flags, CreateFlagProto flag) {
  return (flags & uint32_t(flag)) != 0;
}

std::vector<std::string> uuids(const google::protobuf::RepeatedPtrField<DatanodeInfoProto>& datanodes) {
  std::vector<std::string> result;
  for (const DatanodeInfoProto& datanode : datanodes) result.push_back(datanode.id().datanodeuuid());
  return result;
}

// DatanodeManager.getDatanodeStorageInfos
std::string misfit(int storage_ids, int datanodes) {
  if (storage_ids == datanodes) return "";
  const std::string what =
      storage_ids == 0
          ? "Missing storageIDs: It is likely that the HDFS client, who made this call, is running in an older version "
            "of Hadoop(pre-2.0.0-alpha)  which does not support storageIDs."
          : fmt::format("Length mismatched: storageIDs.length={} != ", storage_ids);
  return fmt::format("{} datanodeID.length={}", what, datanodes);
}

ConversionContext conversion(const NamespaceAccess& access, const DatanodeView& datanodes) {
  return {datanodes, access.settings().block_pool_id};
}

}  // namespace

void ClientWrites::add_to(rpc::MethodTable& table) {
  table.add("create", this, &ClientWrites::create);
  table.add("append", this, &ClientWrites::append);
  table.add("truncate", this, &ClientWrites::truncate);
  table.add("addBlock", this, &ClientWrites::add_block);
  table.add("abandonBlock", this, &ClientWrites::abandon_block);
  table.add("complete", this, &ClientWrites::complete);
  table.add("fsync", this, &ClientWrites::fsync);
  table.add("updateBlockForPipeline", this, &ClientWrites::update_block_for_pipeline);
  table.add("updatePipeline", this, &ClientWrites::update_pipeline);
  table.add("getAdditionalDatanode", this, &ClientWrites::get_additional_datanode);
  table.add("reportBadBlocks", this, &ClientWrites::report_bad_blocks);
  table.add("renewLease", this, &ClientWrites::renew_lease);
  table.add("recoverLease", this, &ClientWrites::recover_lease);
}

Later<Result<rpc::Encoded<CreateResponseProto>>> ClientWrites::create(const CreateRequestProto& request,
                                                                      const Context& context) {
  const uint32_t flags = request.createflag();
  operations::Create op{.path = request.src(),
                        .permission = uint16_t(request.masked().perm() & 01777),
                        .unmasked = unmasked_mode(request),
                        .holder = request.clientname(),
                        .create = has(flags, CREATE),
                        .overwrite = has(flags, OVERWRITE),
                        .lazy_persist = has(flags, LAZY_PERSIST),
                        .should_replicate = has(flags, SHOULD_REPLICATE),
                        .create_parent = request.createparent(),
                        .replication = uint16_t(request.replication()),
                        .block_size = request.blocksize(),
                        .erasure_coding_policy = request.ecpolicyname(),
                        .storage_policy = request.storagepolicy()};
  DFS_CO_TRY(FileStatus status, access_.audit_change(co_await access_.write(caller_of(access_, context),
                                                                            &operations::create, std::move(op)),
                                                     context, "create", request.src()));
  co_return status_response<CreateResponseProto>(status, conversion(access_, *access_.blocks().datanodes()));
}

Later<Result<AppendResponseProto>> ClientWrites::append(const AppendRequestProto& request, const Context& context) {
  operations::Append op{
      .path = request.src(), .holder = request.clientname(), .new_block = has(request.flag(), NEW_BLOCK)};
  DFS_CO_TRY(operations::Appended appended,
             access_.audit().of(co_await access_.write(caller_of(access_, context), &operations::append, std::move(op)),
                                context, "append", request.src()));
  std::shared_ptr<const DatanodeView> datanodes = access_.blocks().datanodes();
  AppendResponseProto response;
  if (appended.last_block) {
    to_proto(*appended.last_block, conversion(access_, *datanodes), *response.mutable_block());
  }
  to_proto(appended.file, conversion(access_, *datanodes), *response.mutable_stat());
  co_return response;
}

Later<Result<TruncateResponseProto>> ClientWrites::truncate(const TruncateRequestProto& request,
                                                            const Context& context) {
  if (int64_t(request.newlength()) < 0) {
    co_return fail(ErrorCode::kHadoopInvalidArgument,
                   fmt::format("Cannot truncate to a negative file size: {}.", int64_t(request.newlength())));
  }
  operations::Truncate op{.path = request.src(), .new_length = request.newlength(), .holder = request.clientname()};
  DFS_CO_TRY(bool done, access_.audit_change(
                            co_await access_.write(caller_of(access_, context), &operations::truncate, std::move(op)),
                            context, "truncate", request.src()));
  TruncateResponseProto response;
  response.set_result(done);
  co_return response;
}

Later<Result<AddBlockResponseProto>> ClientWrites::add_block(const AddBlockRequestProto& request,
                                                             const Context& context) {
  operations::AddBlock op{.path = request.src(),
                          .holder = request.clientname(),
                          .file = InodeId(request.fileid()),
                          .excluded = uuids(request.excludenodes()),
                          .favored = {request.favorednodes().begin(), request.favorednodes().end()}};
  if (request.has_previous()) op.previous = from_proto(request.previous());
  for (int flag : request.flags()) {
    op.no_local_write = op.no_local_write || flag == NO_LOCAL_WRITE;
    op.ignore_client_locality = op.ignore_client_locality || flag == IGNORE_CLIENT_LOCALITY;
  }
  DFS_CO_TRY(LocatedBlock block,
             co_await access_.write(caller_of(access_, context), &operations::add_block, std::move(op)));
  AddBlockResponseProto response;
  to_proto(block, conversion(access_, *access_.blocks().datanodes()), *response.mutable_block());
  co_return response;
}

Later<Result<AbandonBlockResponseProto>> ClientWrites::abandon_block(const AbandonBlockRequestProto& request,
                                                                     const Context& context) {
  operations::AbandonBlock op{.path = request.src(),
                              .holder = request.holder(),
                              .file = InodeId(request.fileid()),
                              .block = from_proto(request.b())};
  DFS_CO_TRY_OK(co_await access_.write(caller_of(access_, context), &operations::abandon_block, std::move(op)));
  co_return AbandonBlockResponseProto();
}

Later<Result<CompleteResponseProto>> ClientWrites::complete(const CompleteRequestProto& request,
                                                            const Context& context) {
  operations::Complete op{.path = request.src(), .holder = request.clientname(), .file = InodeId(request.fileid())};
  if (request.has_last()) op.last = from_proto(request.last());
  DFS_CO_TRY(bool closed, co_await access_.write(caller_of(access_, context), &operations::complete, std::move(op)));
  CompleteResponseProto response;
  response.set_result(closed);
  co_return response;
}

Later<Result<FsyncResponseProto>> ClientWrites::fsync(const FsyncRequestProto& request, const Context& context) {
  operations::Fsync op{.path = request.src(),
                       .holder = request.client(),
                       .file = InodeId(request.fileid()),
                       .last_block_length = request.lastblocklength()};
  DFS_CO_TRY_OK(co_await access_.write(caller_of(access_, context), &operations::fsync, std::move(op)));
  co_return FsyncResponseProto();
}

Later<Result<UpdateBlockForPipelineResponseProto>> ClientWrites::update_block_for_pipeline(
    const UpdateBlockForPipelineRequestProto& request, const Context& context) {
  operations::UpdateBlockForPipeline op{.block = from_proto(request.block()), .holder = request.clientname()};
  DFS_CO_TRY(LocatedBlock block, co_await access_.write(caller_of(access_, context),
                                                        &operations::update_block_for_pipeline, std::move(op)));
  UpdateBlockForPipelineResponseProto response;
  to_proto(block, conversion(access_, *access_.blocks().datanodes()), *response.mutable_block());
  co_return response;
}

Later<Result<UpdatePipelineResponseProto>> ClientWrites::update_pipeline(const UpdatePipelineRequestProto& request,
                                                                         const Context& context) {
  operations::UpdatePipeline op{.holder = request.clientname(),
                                .old_block = from_proto(request.oldblock()),
                                .new_block = from_proto(request.newblock()),
                                .misfit = misfit(request.storageids_size(), request.newnodes_size())};
  for (int i = 0; i < request.newnodes_size(); ++i) {
    op.storages.push_back({.datanode_uuid = request.newnodes(i).datanodeuuid(),
                           .storage_uuid = i < request.storageids_size() ? request.storageids(i) : ""});
  }
  DFS_CO_TRY_OK(co_await access_.write(caller_of(access_, context), &operations::update_pipeline, std::move(op)));
  co_return UpdatePipelineResponseProto();
}

Later<Result<GetAdditionalDatanodeResponseProto>> ClientWrites::get_additional_datanode(
    const GetAdditionalDatanodeRequestProto& request, const Context& context) {
  operations::GetAdditionalDatanode op{.path = request.src(),
                                       .holder = request.clientname(),
                                       .file = InodeId(request.fileid()),
                                       .block = from_proto(request.blk()),
                                       .excluded = uuids(request.excludes()),
                                       .count = request.numadditionalnodes(),
                                       .misfit = misfit(request.existingstorageuuids_size(), request.existings_size())};
  for (int i = 0; i < request.existings_size(); ++i) {
    op.existing.push_back(
        {.datanode_uuid = request.existings(i).id().datanodeuuid(),
         .storage_uuid = i < request.existingstorageuuids_size() ? request.existingstorageuuids(i) : ""});
  }
  DFS_CO_TRY(LocatedBlock block,
             co_await access_.write(caller_of(access_, context), &operations::get_additional_datanode, std::move(op)));
  GetAdditionalDatanodeResponseProto response;
  to_proto(block, conversion(access_, *access_.blocks().datanodes()), *response.mutable_block());
  co_return response;
}

Later<Result<ReportBadBlocksResponseProto>> ClientWrites::report_bad_blocks(const ReportBadBlocksRequestProto& request,
                                                                            const Context&) {
  struct Bad {
    operations::NamedBlock block;
    std::string datanode_uuid, storage_uuid;
  };
  std::vector<Bad> all;
  for (const LocatedBlockProto& located : request.blocks()) {
    for (int i = 0; i < located.locs_size(); ++i) {
      all.push_back({from_proto(located.b()), located.locs(i).id().datanodeuuid(),
                     i < located.storageids_size() ? located.storageids(i) : ""});
    }
  }
  Blocks& blocks = access_.blocks();
  DFS_CO_TRY_OK(co_await access_.thread().run<Done>(
      [all = std::move(all), &blocks](const NamespaceThread::Unjournaled& work) -> Result<Done> {
        for (const Bad& bad : all) {
          DFS_TRY(std::optional<BlockOwner> owner, find_owner(work.view, bad.block.id));
          if (!owner) continue;
          DFS_TRY(std::optional<BlockRow> row, find_owned_block(work.view, *owner));
          if (!row || row->generation_stamp != bad.block.generation_stamp) continue;
          DFS_TRY_OK(blocks.report_bad(work.view, work.batch, *row, bad.datanode_uuid, bad.storage_uuid));
        }
        return Done{};
      }));
  co_return ReportBadBlocksResponseProto();
}

Later<Result<RenewLeaseResponseProto>> ClientWrites::renew_lease(const RenewLeaseRequestProto& request,
                                                                 const Context&) {
  if (request.namespaces_size() > 0) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("namespaces([{}]) should be null or empty", fmt::join(request.namespaces(), ", ")));
  }
  DFS_CO_TRY_OK(refuse_in_safe_mode(access_, fmt::format("Cannot renew lease for {}", request.clientname())));
  std::string holder = request.clientname();
  DFS_CO_TRY_OK(co_await access_.thread().run<Done>(
      [holder = std::move(holder)](const NamespaceThread::Unjournaled& work) -> Result<Done> {
        // A client that has no file is no error: it may have closed the last one while it asked.
        work.leases.renew(holder, work.now);
        return Done{};
      }));
  co_return RenewLeaseResponseProto();
}

Later<Result<RecoverLeaseResponseProto>> ClientWrites::recover_lease(const RecoverLeaseRequestProto& request,
                                                                     const Context& context) {
  operations::RecoverLease op{.path = request.src(), .holder = request.clientname()};
  DFS_CO_TRY(bool closed,
             co_await access_.write(caller_of(access_, context), &operations::recover_lease, std::move(op)));
  RecoverLeaseResponseProto response;
  response.set_result(closed);
  co_return response;
}

}  // namespace dfs::namenode
