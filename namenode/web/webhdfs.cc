#include "namenode/web/webhdfs.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "namenode/web/client_calls.h"
#include "namenode/web/operations.h"
#include "namenode/web/redirect.h"
#include "namenode/web/webhdfs_json.h"
#include "proto/hadoop/ClientNamenodeProtocol.pb.h"
#include "proto/security/identity.h"
#include "proto/webhdfs/request.h"

namespace dfs::namenode {
namespace {

using http::Response;

struct Redirected {
  std::string_view method, operation;
};
constexpr std::array kRedirected = {Redirected{"GET", "OPEN"}, Redirected{"GET", "GETFILECHECKSUM"},
                                    Redirected{"PUT", "CREATE"}, Redirected{"POST", "APPEND"}};

bool is_redirected(std::string_view method, std::string_view operation) {
  for (const auto& one : kRedirected) {
    if (one.method == method && one.operation == operation) return true;
  }
  return false;
}

Response plain(unsigned status, std::string_view type, std::string body) {
  Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(type));
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("X-Frame-Options", "SAMEORIGIN");
  response.body = std::move(body);
  return response;
}

Error unknown_operation(std::string_view method, std::string_view operation) {
  if (operation.empty()) return {ErrorCode::kUnsupported, "op=NULL is not supported"};
  return webhdfs::invalid_parameter("op", fmt::format("{} is not a valid {} operation.", operation, method));
}

}  // namespace

struct WebHdfs::Parts {
  Settings settings;
  rpc::Protocol& protocol;
  const security::ProxyUsers& proxy_users;
  Redirect redirect;

  Task<Result<Response>> answer(const http::Request& request, std::string path);
  Task<Result<ClientCalls>> calls_for(const http::Request& request);
  Task<void> list(const http::Request& request, std::string path, http::ResponseWriter& writer);
  Response page(const http::Request& request) const;
};

WebHdfs::WebHdfs(Settings settings, rpc::Protocol& client_protocol, const security::ProxyUsers& proxy_users)
    : parts_(new Parts{.settings = settings,
                       .protocol = client_protocol,
                       .proxy_users = proxy_users,
                       .redirect = Redirect(client_protocol, settings.superuser, settings.rpc_address)}) {}
WebHdfs::~WebHdfs() = default;

// Whether the client has gone does not matter: what was asked for has been done.
Task<void> WebHdfs::handle(const http::Request& request, http::RequestBody&, http::ResponseWriter& writer) {
  auto path = webhdfs::path_of(request.path);
  if (!path) {
    (void)co_await writer.send(webhdfs::remote_exception(path.error()));
    co_return;
  }
  if (!*path) {
    (void)co_await writer.send(parts_->page(request));
    co_return;
  }
  if (web_operations(request.method) == nullptr) {
    Response refused = plain(405, "text/plain", "Method not allowed\n");
    refused.headers.add("Allow", "GET, PUT, POST, DELETE");
    (void)co_await writer.send(std::move(refused));
    co_return;
  }
  if (request.method == "GET" && webhdfs::Parameters(request.query).operation() == "LISTSTATUS") {
    co_await parts_->list(request, **std::move(path), writer);
    co_return;
  }
  auto response = co_await parts_->answer(request, **std::move(path));
  if (!response) response = webhdfs::remote_exception(response.error());
  (void)co_await writer.send(*std::move(response));
}

Task<Result<ClientCalls>> WebHdfs::Parts::calls_for(const http::Request& request) {
  DFS_CO_TRY(security::Identity user, webhdfs::Parameters(request.query).identity());
  DFS_CO_TRY_OK(proxy_users.authorize(user, request.client_address));
  co_return ClientCalls(protocol, std::move(user), request.client_address);
}

Task<Result<Response>> WebHdfs::Parts::answer(const http::Request& request, std::string path) {
  webhdfs::Parameters parameters(request.query);
  std::string operation = parameters.operation();
  DFS_CO_TRY(ClientCalls calls, co_await calls_for(request));
  if (is_redirected(request.method, operation)) {
    co_return co_await redirect.to_datanode(calls, std::move(path), std::move(operation), parameters);
  }
  const WebOperations& operations = *web_operations(request.method);
  auto found = operations.find(operation);
  if (found == operations.end()) co_return fail(unknown_operation(request.method, operation));
  co_return co_await found->second(WebCall{calls, parameters, settings, std::move(path), std::move(operation)});
}

// A page of the directory at a time, so that its size does not matter. What goes wrong after the first page cuts the
// answer short.
Task<void> WebHdfs::Parts::list(const http::Request& request, std::string path, http::ResponseWriter& writer) {
  using namespace hadoop::hdfs;
  auto calls = co_await calls_for(request);
  if (!calls) {
    (void)co_await writer.send(webhdfs::remote_exception(calls.error()));
    co_return;
  }
  std::string start_after, text = "{\"FileStatuses\":{\"FileStatus\":[\n";
  bool begun = false, first = true;
  while (true) {
    GetListingRequestProto ask;
    ask.set_src(path);
    ask.set_startafter(start_after);
    ask.set_needlocation(false);
    auto page = co_await calls->call<GetListingResponseProto>("getListing", std::move(ask));
    if (page && !page->has_dirlist()) page = fail(ErrorCode::kFileNotFound, "File " + path + " does not exist.");
    if (!page) {
      if (!begun) (void)co_await writer.send(webhdfs::remote_exception(page.error()));
      co_return;
    }
    for (const auto& status : page->dirlist().partiallisting()) {
      if (!std::exchange(first, false)) text += ",\n";
      text += json::file_status_element(status);
    }
    int count = page->dirlist().partiallisting_size();
    bool last = page->dirlist().remainingentries() == 0 || count == 0;
    if (last) text += "\n]}}\n";
    if (!std::exchange(begun, true)) {
      Response head = webhdfs::json_response({});
      if (!co_await writer.begin(200, std::move(head.headers), std::nullopt)) co_return;
    }
    if (!co_await writer.write(as_bytes(text))) co_return;
    if (last) break;
    start_after = page->dirlist().partiallisting(count - 1).path();
    text.clear();
  }
  (void)co_await writer.finish();
}

Response WebHdfs::Parts::page(const http::Request& request) const {
  if (request.method != "GET" && request.method != "HEAD") return plain(405, "text/plain", "Method not allowed\n");
  if (request.path == "/" || request.path == "/index.html") {
    return plain(200, "text/html;charset=utf-8",
                 fmt::format("<!DOCTYPE html>\n<title>Tusk NameNode</title>\n<h1>Tusk NameNode {}</h1>\n"
                             "<p>RPC: <code>hdfs://{}</code></p>\n"
                             "<p>WebHDFS: <a href=\"/webhdfs/v1/?op=LISTSTATUS\"><code>/webhdfs/v1/</code></a></p>\n",
                             settings.version, settings.rpc_address));
  }
  return plain(404, "text/plain", "Not found\n");
}

}  // namespace dfs::namenode
