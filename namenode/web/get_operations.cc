#include <limits>

#include "namenode/web/operations.h"
#include "namenode/web/webhdfs_json.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"

// The operations of GET. CHECKACCESS's answer, like GETDELEGATIONTOKEN's without security, is that there is none.
namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;
using http::Response;
using webhdfs::json_response;

Task<Result<Response>> get_file_status(WebCall web) {
  GetFileInfoRequestProto ask;
  ask.set_src(web.path);
  DFS_CO_TRY(auto info, co_await web.calls.call<GetFileInfoResponseProto>("getFileInfo", std::move(ask)));
  if (!info.has_fs()) co_return fail(ErrorCode::kFileNotFound, "File does not exist: " + web.path);
  co_return json_response(json::file_status(info.fs()));
}

Task<Result<Response>> get_file_link_status(WebCall web) {
  GetFileLinkInfoRequestProto ask;
  ask.set_src(web.path);
  DFS_CO_TRY(auto info, co_await web.calls.call<GetFileLinkInfoResponseProto>("getFileLinkInfo", std::move(ask)));
  if (!info.has_fs()) co_return fail(ErrorCode::kFileNotFound, "File does not exist: " + web.path);
  co_return json_response(json::file_status(info.fs()));
}

Task<Result<Response>> list_status_batch(WebCall web) {
  GetListingRequestProto ask;
  ask.set_src(web.path);
  ask.set_startafter(web.parameters.text("startafter").value_or(std::string()));
  ask.set_needlocation(false);
  DFS_CO_TRY(auto listing, co_await web.calls.call<GetListingResponseProto>("getListing", std::move(ask)));
  if (!listing.has_dirlist()) co_return fail(ErrorCode::kFileNotFound, "File " + web.path + " does not exist.");
  co_return json_response(json::directory_listing(listing.dirlist()));
}

Task<Result<Response>> get_content_summary(WebCall web) {
  GetContentSummaryRequestProto ask;
  ask.set_path(web.path);
  DFS_CO_TRY(auto got, co_await web.calls.call<GetContentSummaryResponseProto>("getContentSummary", std::move(ask)));
  co_return json_response(json::content_summary(got.summary()));
}

Task<Result<Response>> get_quota_usage(WebCall web) {
  GetQuotaUsageRequestProto ask;
  ask.set_path(web.path);
  DFS_CO_TRY(auto got, co_await web.calls.call<GetQuotaUsageResponseProto>("getQuotaUsage", std::move(ask)));
  co_return json_response(json::quota_usage(got.usage()));
}

Task<Result<Response>> get_home_directory(WebCall web) {
  co_return json_response(json::text("Path", web.settings.home_prefix + "/" + web.calls.user().user));
}

Task<Result<Response>> get_trash_root(WebCall web) {
  co_return json_response(json::text("Path", web.settings.home_prefix + "/" + web.calls.user().user + "/.Trash"));
}

Task<Result<LocatedBlocksProto>> locate(WebCall& web) {
  DFS_CO_TRY(auto offset, web.parameters.integer("offset", 0, kLongMax));
  DFS_CO_TRY(auto length, web.parameters.integer("length", 0, kLongMax));
  GetBlockLocationsRequestProto ask;
  ask.set_src(web.path);
  ask.set_offset(uint64_t(offset.value_or(0)));
  ask.set_length(uint64_t(length.value_or(kLongMax)));
  DFS_CO_TRY(auto got, co_await web.calls.call<GetBlockLocationsResponseProto>("getBlockLocations", std::move(ask)));
  if (!got.has_locations()) co_return fail(ErrorCode::kFileNotFound, "File does not exist: " + web.path);
  co_return std::move(*got.mutable_locations());
}

Task<Result<Response>> get_located_blocks(WebCall web) {
  DFS_CO_TRY(auto blocks, co_await locate(web));
  co_return json_response(json::located_blocks(blocks));
}

Task<Result<Response>> get_block_locations(WebCall web) {
  DFS_CO_TRY(auto blocks, co_await locate(web));
  co_return json_response(json::block_locations(blocks));
}

Task<Result<Response>> check_access(WebCall web) {
  DFS_CO_TRY(std::string wanted, web.parameters.required("fsaction", web.operation));
  bool well_formed = wanted.size() == 3 && (wanted[0] == 'r' || wanted[0] == '-') &&
                     (wanted[1] == 'w' || wanted[1] == '-') && (wanted[2] == 'x' || wanted[2] == '-');
  if (!well_formed) {
    co_return fail(webhdfs::invalid_parameter(
        "fsaction", "Invalid value: \"" + wanted + "\" does not belong to the domain [r-][w-][x-]"));
  }
  int mode = (wanted[0] == 'r' ? 4 : 0) + (wanted[1] == 'w' ? 2 : 0) + (wanted[2] == 'x' ? 1 : 0);
  CheckAccessRequestProto ask;
  ask.set_path(web.path);
  ask.set_mode(AclEntryProto::FsActionProto(mode));
  DFS_CO_TRY_OK(co_await web.calls.call<CheckAccessResponseProto>("checkAccess", std::move(ask)));
  co_return webhdfs::empty_response();
}

Task<Result<Response>> get_delegation_token(WebCall web) {
  if (web.parameters.text("delegation")) {
    co_return fail(ErrorCode::kInvalidArgument, "delegation parameter is not null.");
  }
  co_return json_response(json::null("Token"));
}

Task<Result<Response>> get_server_defaults(WebCall web) {
  DFS_CO_TRY(auto got, co_await web.calls.call<GetServerDefaultsResponseProto>("getServerDefaults",
                                                                               GetServerDefaultsRequestProto()));
  co_return json_response(json::server_defaults(got.serverdefaults()));
}

Task<Result<Response>> get_status(WebCall web) {
  DFS_CO_TRY(auto got, co_await web.calls.call<GetFsStatsResponseProto>("getFsStats", GetFsStatusRequestProto()));
  co_return json_response(json::fs_status(got));
}

Task<Result<Response>> get_link_target(WebCall web) {
  GetLinkTargetRequestProto ask;
  ask.set_path(web.path);
  DFS_CO_TRY(auto got, co_await web.calls.call<GetLinkTargetResponseProto>("getLinkTarget", std::move(ask)));
  co_return json_response(json::text("Path", got.targetpath()));
}

}  // namespace

const WebOperations& get_operations() {
  static const WebOperations operations = {
      {"CHECKACCESS", check_access},
      {"GETCONTENTSUMMARY", get_content_summary},
      {"GETDELEGATIONTOKEN", get_delegation_token},
      {"GETFILEBLOCKLOCATIONS", get_block_locations},
      {"GETFILELINKSTATUS", get_file_link_status},
      {"GETFILESTATUS", get_file_status},
      {"GETHOMEDIRECTORY", get_home_directory},
      {"GETLINKTARGET", get_link_target},
      {"GETQUOTAUSAGE", get_quota_usage},
      {"GETSERVERDEFAULTS", get_server_defaults},
      {"GETSTATUS", get_status},
      {"GETTRASHROOT", get_trash_root},
      {"GET_BLOCK_LOCATIONS", get_located_blocks},
      {"LISTSTATUS_BATCH", list_status_batch},
  };
  return operations;
}

}  // namespace dfs::namenode
