#include "namenode/web/redirect.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <random>
#include <utility>

#include "namenode/web/operations.h"
#include "namenode/web/webhdfs_json.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"

namespace dfs::namenode {
namespace {

using namespace hadoop::hdfs;

constexpr auto kLiveFor = std::chrono::seconds(3);
std::vector<std::string> excluded_datanodes(const webhdfs::Parameters& parameters) {
  std::vector<std::string> names;
  std::string list = parameters.text("excludedatanodes").value_or(std::string());
  for (size_t from = 0; from < list.size();) {
    size_t end = std::min(list.find(',', from), list.size());
    if (end > from) names.push_back(list.substr(from, end - from));
    from = end + 1;
  }
  return names;
}

bool usable(const DatanodeInfoProto& node, const std::vector<std::string>& excluded) {
  if (node.adminstate() == DatanodeInfoProto::DECOMMISSIONED || node.id().infoport() == 0) return false;
  return std::ranges::none_of(excluded, [&](const std::string& name) {
    return name == node.id().hostname() || name == node.id().ipaddr() ||
           name == fmt::format("{}:{}", node.id().ipaddr(), node.id().xferport()) ||
           name == fmt::format("{}:{}", node.id().hostname(), node.id().xferport());
  });
}

// What goes on to the DataNode, checked so that a mistake is answered here, in the order of the names.
Result<std::map<std::string, std::string>> passed_on(std::string_view operation,
                                                     const webhdfs::Parameters& parameters) {
  std::map<std::string, std::string> passed;
  auto integer = [&](std::string_view name, int64_t min, int64_t max) -> Result<void> {
    DFS_TRY(auto value, parameters.integer(name, min, max));
    if (value) passed[std::string(name)] = std::to_string(*value);
    return {};
  };
  DFS_TRY_OK(integer("buffersize", 1, std::numeric_limits<int32_t>::max()));
  if (operation == "OPEN") {
    DFS_TRY_OK(integer("offset", 0, kLongMax));
    passed.try_emplace("offset", "0");
    DFS_TRY_OK(integer("length", 0, kLongMax));
  }
  if (operation == "CREATE") {
    DFS_TRY_OK(integer("blocksize", 1, kLongMax));
    DFS_TRY_OK(integer("replication", 1, std::numeric_limits<int16_t>::max()));
    for (std::string_view name : {"permission", "unmaskedpermission"}) {
      DFS_TRY(auto value, parameters.permission(name));
      if (value) passed[std::string(name)] = fmt::format("{:o}", *value);
    }
    DFS_TRY(bool overwrite, parameters.boolean("overwrite", false));
    DFS_TRY(bool create_parent, parameters.boolean("createparent", true));
    passed["overwrite"] = overwrite ? "true" : "false";
    passed["createparent"] = create_parent ? "true" : "false";
    passed["createflag"] = parameters.text("createflag").value_or(std::string());
  }
  return passed;
}

std::string location(const DatanodeInfoProto& node, std::string_view path, std::string_view operation,
                     const webhdfs::Parameters& parameters, std::string_view rpc_address,
                     const std::map<std::string, std::string>& passed) {
  using http::EncodeFor;
  std::string url =
      fmt::format("http://{}{}{}?op={}", Endpoint{node.id().hostname(), uint16_t(node.id().infoport())}.to_string(),
                  webhdfs::kPrefix, http::percent_encode(path, EncodeFor::kPath), operation);
  for (const char* name : {"doas", "user.name"}) {
    if (auto value = parameters.text(name))
      url += fmt::format("&{}={}", name, http::percent_encode(*value, EncodeFor::kQuery));
  }
  url += fmt::format("&namenoderpcaddress={}", rpc_address);
  for (const auto& [name, value] : passed)
    url += fmt::format("&{}={}", name, http::percent_encode(value, EncodeFor::kQuery));
  return url;
}

}  // namespace

Redirect::Redirect(rpc::Protocol& protocol, std::string superuser, std::string rpc_address)
    : protocol_(protocol), superuser_(std::move(superuser)), rpc_address_(std::move(rpc_address)) {}
Redirect::~Redirect() = default;

Task<Result<http::Response>> Redirect::to_datanode(ClientCalls& calls, std::string path, std::string operation,
                                                   const webhdfs::Parameters& parameters) {
  if (!webhdfs::is_valid_path(path)) co_return fail(ErrorCode::kInvalidPathName, "Invalid path name " + path);
  DFS_CO_TRY(bool without_redirect, parameters.boolean("noredirect", false));
  DFS_CO_TRY(auto passed, passed_on(operation, parameters));
  DFS_CO_TRY(Datanode node, co_await choose(calls, path, operation, parameters));
  std::string url = location(node, path, operation, parameters, rpc_address_, passed);
  if (without_redirect) co_return webhdfs::json_response(json::text("Location", url));
  http::Response response = webhdfs::empty_response();
  response.status = 307;
  response.headers.add("Location", std::move(url));
  co_return response;
}

Task<Result<Redirect::Datanode>> Redirect::choose(ClientCalls& calls, std::string path, std::string operation,
                                                  const webhdfs::Parameters& parameters) {
  std::vector<std::string> excluded = excluded_datanodes(parameters);
  if (operation == "CREATE") co_return co_await any(calls.address(), std::move(excluded));
  GetFileInfoRequestProto ask;
  ask.set_src(path);
  DFS_CO_TRY(auto info, co_await calls.call<GetFileInfoResponseProto>("getFileInfo", std::move(ask)));
  if (!info.has_fs()) co_return fail(ErrorCode::kFileNotFound, "File " + path + " not found.");
  uint64_t length = info.fs().length(), offset = length == 0 ? 0 : length - 1;
  if (operation == "OPEN") {
    DFS_CO_TRY(auto wanted, parameters.integer("offset", 0, kLongMax));
    offset = uint64_t(wanted.value_or(0));
    if (offset >= length && length > 0) {
      co_return fail(ErrorCode::kIo,
                     fmt::format("Offset={} out of the range [0, {}); OPEN, path={}", offset, length, path));
    }
  }
  if (length == 0) co_return co_await any(calls.address(), std::move(excluded));
  co_return co_await with_block(calls, std::move(path), offset, excluded);
}

Task<Result<Redirect::Datanode>> Redirect::with_block(ClientCalls& calls, std::string path, uint64_t offset,
                                                      const std::vector<std::string>& excluded) {
  GetBlockLocationsRequestProto ask;
  ask.set_src(path);
  ask.set_offset(offset);
  ask.set_length(1);
  DFS_CO_TRY(auto found, co_await calls.call<GetBlockLocationsResponseProto>("getBlockLocations", std::move(ask)));
  if (found.locations().blocks_size() == 0) co_return co_await any(calls.address(), excluded);
  for (const auto& node : found.locations().blocks(0).locs()) {
    if (usable(node, excluded)) co_return node;
  }
  co_return fail(ErrorCode::kIo, "No active nodes contain this block");
}

Task<Result<Redirect::Datanode>> Redirect::any(std::string client_address, std::vector<std::string> excluded) {
  DFS_CO_TRY(LiveDatanodes live_now, co_await live());
  std::vector<const Datanode*> candidates, local;
  for (const auto& node : live_now->di()) {
    if (!usable(node, excluded)) continue;
    candidates.push_back(&node);
    if (node.id().ipaddr() == client_address) local.push_back(&node);
  }
  const auto& best = local.empty() ? candidates : local;
  if (best.empty()) {
    co_return fail(ErrorCode::kIo,
                   fmt::format("Failed to find datanode, suggest to check cluster health. excludeDatanodes={}",
                               fmt::join(excluded, ",")));
  }
  thread_local std::minstd_rand random{std::random_device{}()};
  co_return *best[random() % best.size()];
}

// The report holds every DataNode, so one serves the redirects of some seconds.
Task<Result<Redirect::LiveDatanodes>> Redirect::live() {
  TimePoint now = Clock::system().now();
  {
    std::lock_guard lock(mutex_);
    if (live_ && now < live_until_) co_return live_;
  }
  ClientCalls own(protocol_, {.user = superuser_, .real_user = {}}, "127.0.0.1");
  GetDatanodeReportRequestProto ask;
  ask.set_type(LIVE);
  DFS_CO_TRY(auto report, co_await own.call<GetDatanodeReportResponseProto>("getDatanodeReport", std::move(ask)));
  auto shared = std::make_shared<const GetDatanodeReportResponseProto>(std::move(report));
  std::lock_guard lock(mutex_);
  live_ = shared;
  live_until_ = shared->di_size() == 0 ? now : now + kLiveFor;
  co_return shared;
}

}  // namespace dfs::namenode
