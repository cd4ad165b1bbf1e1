#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <random>

#include "namenode/web/operations.h"
#include "namenode/web/webhdfs_json.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"

// The operations of PUT, POST and DELETE.
namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;
using http::Response;
using webhdfs::empty_response;
using webhdfs::json_response;

constexpr uint16_t kDirectoryPermission = 0755;

Task<Result<Response>> mkdirs(WebCall web) {
  DFS_CO_TRY(auto permission, web.parameters.permission("permission"));
  DFS_CO_TRY(auto unmasked, web.parameters.permission("unmaskedpermission"));
  MkdirsRequestProto ask;
  ask.set_src(web.path);
  ask.mutable_masked()->set_perm(permission.value_or(kDirectoryPermission));
  if (unmasked) ask.mutable_unmasked()->set_perm(*unmasked);
  ask.set_createparent(true);
  DFS_CO_TRY(auto got, co_await web.calls.call<MkdirsResponseProto>("mkdirs", std::move(ask)));
  co_return json_response(json::boolean(got.result()));
}

Task<Result<Response>> rename2(WebCall web, std::string destination, std::string options) {
  std::ranges::transform(options, options.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  if (options != "NONE" && options != "OVERWRITE") {
    co_return fail(
        webhdfs::invalid_parameter("renameoptions", "No enum constant org.apache.hadoop.fs.Options.Rename." + options));
  }
  Rename2RequestProto ask;
  ask.set_src(web.path);
  ask.set_dst(std::move(destination));
  ask.set_overwritedest(options == "OVERWRITE");
  DFS_CO_TRY_OK(co_await web.calls.call<Rename2ResponseProto>("rename2", std::move(ask)));
  co_return empty_response();
}

Task<Result<Response>> rename(WebCall web) {
  DFS_CO_TRY(std::string destination, web.parameters.path("destination", web.operation));
  if (auto options = web.parameters.text("renameoptions")) {
    co_return co_await rename2(std::move(web), std::move(destination), *options);
  }
  RenameRequestProto ask;
  ask.set_src(web.path);
  ask.set_dst(std::move(destination));
  DFS_CO_TRY(auto got, co_await web.calls.call<RenameResponseProto>("rename", std::move(ask)));
  co_return json_response(json::boolean(got.result()));
}

Task<Result<Response>> set_permission(WebCall web) {
  DFS_CO_TRY(auto permission, web.parameters.permission("permission"));
  SetPermissionRequestProto ask;
  ask.set_src(web.path);
  ask.mutable_permission()->set_perm(permission.value_or(kDirectoryPermission));
  DFS_CO_TRY_OK(co_await web.calls.call<SetPermissionResponseProto>("setPermission", std::move(ask)));
  co_return empty_response();
}

Task<Result<Response>> set_owner(WebCall web) {
  auto owner = web.parameters.text("owner"), group = web.parameters.text("group");
  if (!owner && !group) co_return fail(ErrorCode::kInvalidArgument, "Both owner and group are empty.");
  SetOwnerRequestProto ask;
  ask.set_src(web.path);
  if (owner) ask.set_username(*owner);
  if (group) ask.set_groupname(*group);
  DFS_CO_TRY_OK(co_await web.calls.call<SetOwnerResponseProto>("setOwner", std::move(ask)));
  co_return empty_response();
}

Task<Result<Response>> set_replication(WebCall web) {
  DFS_CO_TRY(auto replication, web.parameters.integer("replication", 1, std::numeric_limits<int16_t>::max()));
  SetReplicationRequestProto ask;
  ask.set_src(web.path);
  ask.set_replication(uint32_t(replication.value_or(web.settings.replication)));
  DFS_CO_TRY(auto got, co_await web.calls.call<SetReplicationResponseProto>("setReplication", std::move(ask)));
  co_return json_response(json::boolean(got.result()));
}

// -1 leaves a time as it is.
Task<Result<Response>> set_times(WebCall web) {
  DFS_CO_TRY(auto modified, web.parameters.integer("modificationtime", -1, kLongMax));
  DFS_CO_TRY(auto accessed, web.parameters.integer("accesstime", -1, kLongMax));
  SetTimesRequestProto ask;
  ask.set_src(web.path);
  ask.set_mtime(uint64_t(modified.value_or(-1)));
  ask.set_atime(uint64_t(accessed.value_or(-1)));
  DFS_CO_TRY_OK(co_await web.calls.call<SetTimesResponseProto>("setTimes", std::move(ask)));
  co_return empty_response();
}

Task<Result<Response>> truncate(WebCall web) {
  DFS_CO_TRY_OK(web.parameters.required("newlength", web.operation));
  DFS_CO_TRY(auto length, web.parameters.integer("newlength", 0, kLongMax));
  thread_local std::mt19937_64 random{std::random_device{}()};
  TruncateRequestProto ask;
  ask.set_src(web.path);
  ask.set_newlength(uint64_t(length.value_or(0)));
  ask.set_clientname(fmt::format("DFSClient_WEBHDFS_{}", random()));
  DFS_CO_TRY(auto got, co_await web.calls.call<TruncateResponseProto>("truncate", std::move(ask)));
  co_return json_response(json::boolean(got.result()));
}

Task<Result<Response>> concat(WebCall web) {
  DFS_CO_TRY(std::string sources, web.parameters.required("sources", web.operation));
  ConcatRequestProto ask;
  ask.set_trg(web.path);
  for (size_t from = 0; from <= sources.size();) {
    size_t end = std::min(sources.find(',', from), sources.size());
    if (end > from) ask.add_srcs(sources.substr(from, end - from));
    from = end + 1;
  }
  DFS_CO_TRY_OK(co_await web.calls.call<ConcatResponseProto>("concat", std::move(ask)));
  co_return empty_response();
}

Task<Result<Response>> remove(WebCall web) {
  DFS_CO_TRY(bool recursive, web.parameters.boolean("recursive", false));
  DeleteRequestProto ask;
  ask.set_src(web.path);
  ask.set_recursive(recursive);
  DFS_CO_TRY(auto got, co_await web.calls.call<DeleteResponseProto>("delete", std::move(ask)));
  co_return json_response(json::boolean(got.result()));
}

}  // namespace

const WebOperations& put_operations() {
  static const WebOperations operations = {
      {"MKDIRS", mkdirs},      {"RENAME", rename},
      {"SETOWNER", set_owner}, {"SETPERMISSION", set_permission},
      {"SETTIMES", set_times}, {"SETREPLICATION", set_replication},
  };
  return operations;
}

const WebOperations& post_operations() {
  static const WebOperations operations = {{"CONCAT", concat}, {"TRUNCATE", truncate}};
  return operations;
}

const WebOperations& delete_operations() {
  static const WebOperations operations = {{"DELETE", remove}};
  return operations;
}

}  // namespace dfs::namenode
