#include "client/namenode/invoke.h"
#include "client/namenode/namenode.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

namespace {

OpenedFile opened(const HdfsFileStatusProto& status) {
  return {.inode = status.fileid(),
          .length = status.length(),
          .block_size = status.blocksize(),
          .replication = uint16_t(status.block_replication())};
}

Result<void> check_supported(const HdfsFileStatusProto& status) {
  if (status.has_ecpolicy() || (status.flags() & HdfsFileStatusProto::HAS_EC))
    return fail(ErrorCode::kUnsupported, "erasure-coded files are not supported");
  if (status.has_fileencryptioninfo()) return fail(ErrorCode::kUnsupported, "encrypted files are not supported");
  return {};
}

}  // namespace

Task<Result<LocatedBlocksProto>> Namenode::block_locations(std::string path, uint64_t offset, uint64_t length) {
  GetBlockLocationsRequestProto request;
  request.set_src(path);
  request.set_offset(offset);
  request.set_length(length);
  DFS_CO_TRY(auto response, co_await invoke<GetBlockLocationsResponseProto>(proxy_, "getBlockLocations", request));
  if (!response.has_locations()) co_return fail(ErrorCode::kFileNotFound, "File does not exist: " + path);
  co_return std::move(*response.mutable_locations());
}

Task<Result<void>> Namenode::report_bad_block(const LocatedBlockProto& block, const DatanodeInfoProto& holder,
                                              std::string storage_id) {
  ReportBadBlocksRequestProto request;
  LocatedBlockProto& bad = *request.add_blocks();
  *bad.mutable_b() = block.b();
  bad.set_offset(block.offset());
  bad.set_corrupt(true);
  *bad.mutable_blocktoken() = block.blocktoken();
  *bad.add_locs() = holder;
  bad.add_iscached(false);
  bad.add_storagetypes(StorageTypeProto::DISK);
  bad.add_storageids(std::move(storage_id));
  DFS_CO_TRY_OK(co_await invoke<ReportBadBlocksResponseProto>(proxy_, "reportBadBlocks", std::move(request)));
  co_return Result<void>{};
}

Task<Result<OpenedFile>> Namenode::create(std::string path, uint16_t permission, bool overwrite, bool create_parents,
                                          uint16_t replication, uint64_t block_size) {
  CreateRequestProto request;
  request.set_src(path);
  request.mutable_masked()->set_perm(permission);
  request.mutable_unmasked()->set_perm(permission);
  request.set_clientname(client_name_);
  uint32_t flags = CreateFlagProto::CREATE;
  if (overwrite) flags |= CreateFlagProto::OVERWRITE;
  request.set_createflag(flags);
  request.set_createparent(create_parents);
  request.set_replication(replication);
  request.set_blocksize(block_size);
  DFS_CO_TRY(auto response, co_await invoke<CreateResponseProto>(proxy_, "create", std::move(request)));
  if (!response.has_fs()) co_return fail(ErrorCode::kIo, "create " + path + ": the NameNode sent no file status");
  DFS_CO_TRY_OK(check_supported(response.fs()));
  co_return opened(response.fs());
}

Task<Result<OpenedFile>> Namenode::append(std::string path, bool new_block, LocatedBlockProto& last_block) {
  AppendRequestProto request;
  request.set_src(path);
  request.set_clientname(client_name_);
  uint32_t flags = CreateFlagProto::APPEND;
  if (new_block) flags |= CreateFlagProto::NEW_BLOCK;
  request.set_flag(flags);
  DFS_CO_TRY(auto response, co_await invoke<AppendResponseProto>(proxy_, "append", std::move(request)));
  if (!response.has_stat()) co_return fail(ErrorCode::kIo, "append " + path + ": the NameNode sent no file status");
  DFS_CO_TRY_OK(check_supported(response.stat()));
  last_block.Clear();
  if (response.has_block()) last_block = std::move(*response.mutable_block());
  co_return opened(response.stat());
}

Task<Result<LocatedBlockProto>> Namenode::add_block(std::string path, uint64_t inode,
                                                    const ExtendedBlockProto& previous,
                                                    std::vector<DatanodeInfoProto> excluded) {
  AddBlockRequestProto request;
  request.set_src(std::move(path));
  request.set_clientname(client_name_);
  request.set_fileid(inode);
  if (!previous.poolid().empty()) *request.mutable_previous() = previous;
  for (DatanodeInfoProto& node : excluded) *request.add_excludenodes() = std::move(node);
  DFS_CO_TRY(auto response, co_await invoke<AddBlockResponseProto>(proxy_, "addBlock", std::move(request)));
  co_return std::move(*response.mutable_block());
}

Task<Result<void>> Namenode::abandon_block(std::string path, uint64_t inode, const ExtendedBlockProto& block) {
  AbandonBlockRequestProto request;
  *request.mutable_b() = block;
  request.set_src(std::move(path));
  request.set_holder(client_name_);
  request.set_fileid(inode);
  DFS_CO_TRY_OK(co_await invoke<AbandonBlockResponseProto>(proxy_, "abandonBlock", std::move(request)));
  co_return Result<void>{};
}

Task<Result<LocatedBlockProto>> Namenode::additional_datanode(std::string path, uint64_t inode,
                                                              const LocatedBlockProto& pipeline,
                                                              std::vector<DatanodeInfoProto> excluded) {
  GetAdditionalDatanodeRequestProto request;
  request.set_src(std::move(path));
  *request.mutable_blk() = pipeline.b();
  *request.mutable_existings() = pipeline.locs();
  *request.mutable_existingstorageuuids() = pipeline.storageids();
  for (DatanodeInfoProto& node : excluded) *request.add_excludes() = std::move(node);
  request.set_numadditionalnodes(1);
  request.set_clientname(client_name_);
  request.set_fileid(inode);
  DFS_CO_TRY(auto response,
             co_await invoke<GetAdditionalDatanodeResponseProto>(proxy_, "getAdditionalDatanode", std::move(request)));
  co_return std::move(*response.mutable_block());
}

Task<Result<LocatedBlockProto>> Namenode::update_block_for_pipeline(const ExtendedBlockProto& block) {
  UpdateBlockForPipelineRequestProto request;
  *request.mutable_block() = block;
  request.set_clientname(client_name_);
  DFS_CO_TRY(auto response, co_await invoke<UpdateBlockForPipelineResponseProto>(proxy_, "updateBlockForPipeline",
                                                                                 std::move(request)));
  co_return std::move(*response.mutable_block());
}

Task<Result<void>> Namenode::update_pipeline(const ExtendedBlockProto& before, const LocatedBlockProto& after) {
  UpdatePipelineRequestProto request;
  request.set_clientname(client_name_);
  *request.mutable_oldblock() = before;
  *request.mutable_newblock() = after.b();
  for (const DatanodeInfoProto& node : after.locs()) *request.add_newnodes() = node.id();
  *request.mutable_storageids() = after.storageids();
  DFS_CO_TRY_OK(co_await invoke<UpdatePipelineResponseProto>(proxy_, "updatePipeline", std::move(request)));
  co_return Result<void>{};
}

Task<Result<void>> Namenode::fsync(std::string path, uint64_t inode, int64_t last_block_length) {
  FsyncRequestProto request;
  request.set_src(std::move(path));
  request.set_client(client_name_);
  request.set_lastblocklength(last_block_length);
  request.set_fileid(inode);
  DFS_CO_TRY_OK(co_await invoke<FsyncResponseProto>(proxy_, "fsync", std::move(request)));
  co_return Result<void>{};
}

Task<Result<bool>> Namenode::complete(std::string path, uint64_t inode, const ExtendedBlockProto& last) {
  CompleteRequestProto request;
  request.set_src(std::move(path));
  request.set_clientname(client_name_);
  request.set_fileid(inode);
  if (!last.poolid().empty()) *request.mutable_last() = last;
  DFS_CO_TRY(auto response, co_await invoke<CompleteResponseProto>(proxy_, "complete", std::move(request)));
  co_return response.result();
}

Task<Result<void>> Namenode::renew_lease() {
  RenewLeaseRequestProto request;
  request.set_clientname(client_name_);
  DFS_CO_TRY_OK(co_await invoke<RenewLeaseResponseProto>(proxy_, "renewLease", std::move(request)));
  co_return Result<void>{};
}

Task<Result<bool>> Namenode::recover_lease(std::string path) {
  RecoverLeaseRequestProto request;
  request.set_src(std::move(path));
  request.set_clientname(client_name_);
  DFS_CO_TRY(auto response, co_await invoke<RecoverLeaseResponseProto>(proxy_, "recoverLease", std::move(request)));
  co_return response.result();
}

}  // namespace dfs::client
