#include "client/namenode/convert.h"
#include "client/namenode/invoke.h"
#include "client/namenode/namenode.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"

namespace dfs::client {

using namespace hadoop::hdfs;

Task<Result<std::optional<fs::FileStatus>>> Namenode::status(std::string path) {
  GetFileInfoRequestProto request;
  request.set_src(path);
  DFS_CO_TRY(auto response, co_await invoke<GetFileInfoResponseProto>(proxy_, "getFileInfo", request));
  if (!response.has_fs()) co_return std::nullopt;
  fs::FileStatus status = to_status(response.fs());
  status.path = std::move(path);
  co_return status;
}

Task<Result<std::optional<DirectoryPage>>> Namenode::list_page(std::string path, std::string after) {
  GetListingRequestProto request;
  request.set_src(std::move(path));
  request.set_startafter(std::move(after));
  request.set_needlocation(false);
  DFS_CO_TRY(auto response, co_await invoke<GetListingResponseProto>(proxy_, "getListing", std::move(request)));
  if (!response.has_dirlist()) co_return std::nullopt;
  DirectoryPage page;
  page.entries.reserve(size_t(response.dirlist().partiallisting_size()));
  for (const HdfsFileStatusProto& entry : response.dirlist().partiallisting()) page.entries.push_back(to_status(entry));
  page.more = response.dirlist().remainingentries() > 0 && !page.entries.empty();
  co_return page;
}

Task<Result<void>> Namenode::check_access(std::string path, int mode) {
  CheckAccessRequestProto request;
  request.set_path(std::move(path));
  request.set_mode(AclEntryProto::FsActionProto(mode));
  DFS_CO_TRY_OK(co_await invoke<CheckAccessResponseProto>(proxy_, "checkAccess", std::move(request)));
  co_return Result<void>{};
}

Task<Result<fs::ContentSummary>> Namenode::content_summary(std::string path) {
  GetContentSummaryRequestProto request;
  request.set_path(std::move(path));
  DFS_CO_TRY(auto response,
             co_await invoke<GetContentSummaryResponseProto>(proxy_, "getContentSummary", std::move(request)));
  const ContentSummaryProto& from = response.summary();
  fs::ContentSummary to;
  to.length = from.length();
  to.file_count = from.filecount();
  to.directory_count = from.directorycount();
  to.space_consumed = from.spaceconsumed();
  to.quota = int64_t(from.quota());
  to.space_quota = int64_t(from.spacequota());
  to.erasure_coding_policy = from.erasurecodingpolicy();
  co_return to;
}

Task<Result<void>> Namenode::mkdirs(std::string path, uint16_t permission, bool create_parents) {
  MkdirsRequestProto request;
  request.set_src(std::move(path));
  request.mutable_masked()->set_perm(permission);
  request.mutable_unmasked()->set_perm(permission);
  request.set_createparent(create_parents);
  DFS_CO_TRY(auto response, co_await invoke<MkdirsResponseProto>(proxy_, "mkdirs", request));
  if (!response.result()) co_return fail(ErrorCode::kIo, "Cannot create directory " + request.src());
  co_return Result<void>{};
}

Task<Result<bool>> Namenode::rename(std::string from, std::string to) {
  RenameRequestProto request;
  request.set_src(std::move(from));
  request.set_dst(std::move(to));
  DFS_CO_TRY(auto response, co_await invoke<RenameResponseProto>(proxy_, "rename", std::move(request)));
  co_return response.result();
}

Task<Result<void>> Namenode::rename2(std::string from, std::string to, bool overwrite) {
  Rename2RequestProto request;
  request.set_src(std::move(from));
  request.set_dst(std::move(to));
  request.set_overwritedest(overwrite);
  DFS_CO_TRY_OK(co_await invoke<Rename2ResponseProto>(proxy_, "rename2", std::move(request)));
  co_return Result<void>{};
}

Task<Result<bool>> Namenode::remove(std::string path, bool recursive) {
  DeleteRequestProto request;
  request.set_src(std::move(path));
  request.set_recursive(recursive);
  DFS_CO_TRY(auto response, co_await invoke<DeleteResponseProto>(proxy_, "delete", std::move(request)));
  co_return response.result();
}

Task<Result<void>> Namenode::set_permission(std::string path, uint16_t permission) {
  SetPermissionRequestProto request;
  request.set_src(std::move(path));
  request.mutable_permission()->set_perm(permission);
  DFS_CO_TRY_OK(co_await invoke<SetPermissionResponseProto>(proxy_, "setPermission", std::move(request)));
  co_return Result<void>{};
}

Task<Result<void>> Namenode::set_owner(std::string path, std::string owner, std::string group) {
  SetOwnerRequestProto request;
  request.set_src(std::move(path));
  if (!owner.empty()) request.set_username(std::move(owner));
  if (!group.empty()) request.set_groupname(std::move(group));
  DFS_CO_TRY_OK(co_await invoke<SetOwnerResponseProto>(proxy_, "setOwner", std::move(request)));
  co_return Result<void>{};
}

Task<Result<bool>> Namenode::set_replication(std::string path, uint16_t replication) {
  SetReplicationRequestProto request;
  request.set_src(std::move(path));
  request.set_replication(replication);
  DFS_CO_TRY(auto response, co_await invoke<SetReplicationResponseProto>(proxy_, "setReplication", std::move(request)));
  co_return response.result();
}

Task<Result<void>> Namenode::set_times(std::string path, int64_t modified_millis, int64_t accessed_millis) {
  SetTimesRequestProto request;
  request.set_src(std::move(path));
  request.set_mtime(uint64_t(modified_millis));
  request.set_atime(uint64_t(accessed_millis));
  DFS_CO_TRY_OK(co_await invoke<SetTimesResponseProto>(proxy_, "setTimes", std::move(request)));
  co_return Result<void>{};
}

Task<Result<bool>> Namenode::truncate(std::string path, uint64_t length) {
  TruncateRequestProto request;
  request.set_src(std::move(path));
  request.set_newlength(length);
  request.set_clientname(client_name_);
  DFS_CO_TRY(auto response, co_await invoke<TruncateResponseProto>(proxy_, "truncate", std::move(request)));
  co_return response.result();
}

Task<Result<void>> Namenode::concat(std::string target, std::vector<std::string> sources) {
  ConcatRequestProto request;
  request.set_trg(std::move(target));
  for (std::string& source : sources) request.add_srcs(std::move(source));
  DFS_CO_TRY_OK(co_await invoke<ConcatResponseProto>(proxy_, "concat", std::move(request)));
  co_return Result<void>{};
}

}  // namespace dfs::client
