#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "proto/http/server.h"

namespace dfs::namenode {

// GET and HEAD of a short page. It is made on `executor`, a thread beside those of the network, since it may read files
// or go through all DataNodes.
class Page final : public http::Handler {
 public:
  using Make = std::function<http::Response(const http::Request&)>;
  Page(boost::asio::any_io_executor executor, Make make) : executor_(std::move(executor)), make_(std::move(make)) {}
  Task<void> handle(const http::Request& request, http::RequestBody& body, http::ResponseWriter& writer) override;

 private:
  boost::asio::any_io_executor executor_;
  Make make_;
};

http::Response page(unsigned status, std::string_view content_type, std::string body);
// As Jetty answers sendError(): a page in HTML that says `message`.
http::Response error_page(unsigned status, std::string_view message, std::string_view uri);
http::Response method_not_allowed(const http::Request& request);

// Who may see how the NameNode is set up and what it does (HttpServer2.isInstrumentationAccessAllowed): everybody,
// unless hadoop.security.instrumentation.requires.admin and hadoop.security.authorization are set; then only if the one
// user whom requests are attributed to, hadoop.http.staticuser.user, is among dfs.cluster.administrators.
class InstrumentationAccess {
 public:
  struct Settings {
    bool requires_admin = false;
    bool authorization = false;
    std::string static_user;
    std::string administrators;  // "user,user group,group", or "*"
  };
  // `groups`: of the static user.
  InstrumentationAccess(const Settings& settings, const std::vector<std::string>& groups);
  bool allowed() const { return allowed_; }
  // `make`, or the refusal.
  Page::Make guard(Page::Make make) const;

 private:
  bool allowed_;
};

}  // namespace dfs::namenode
