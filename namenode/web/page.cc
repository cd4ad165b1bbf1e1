#include "namenode/web/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "proto/base/task.h"

namespace dfs::namenode {
namespace {

std::string_view reason_of(unsigned status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Server Error";
  }
}

std::string escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&apos;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// AccessControlList: users, a space, groups.
bool is_listed(std::string_view list, const std::string& user, const std::vector<std::string>& groups) {
  auto contains = [](std::string_view names, std::string_view name) {
    while (!names.empty()) {
      const std::string_view first = names.substr(0, names.find(','));
      if (first == name) return true;
      names.remove_prefix(std::min(names.size(), first.size() + 1));
    }
    return false;
  };
  if (list == "*") return true;
  const size_t space = list.find(' ');
  const std::string_view users = list.substr(0, space);
  const std::string_view listed = space == list.npos ? std::string_view() : list.substr(space + 1);
  return contains(users, user) ||
         std::ranges::any_of(groups, [&](const std::string& group) { return contains(listed, group); });
}

}  // namespace

http::Response page(unsigned status, std::string_view content_type, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.add("Content-Type", std::string(content_type));
  response.headers.add("X-Content-Type-Options", "nosniff");
  response.headers.add("X-Frame-Options", "SAMEORIGIN");
  response.body = std::move(body);
  return response;
}

http::Response error_page(unsigned status, std::string_view message, std::string_view uri) {
  const std::string said = escaped(message.empty() ? reason_of(status) : message);
  return page(status, "text/html;charset=utf-8",
              fmt::format("<html>\n<head>\n<title>Error {0} {1}</title>\n</head>\n<body><h2>HTTP ERROR {0} {1}</h2>\n"
                          "<table>\n<tr><th>URI:</th><td>{2}</td></tr>\n<tr><th>STATUS:</th><td>{0}</td></tr>\n"
                          "<tr><th>MESSAGE:</th><td>{1}</td></tr>\n</table>\n\n</body>\n</html>\n",
                          status, said, escaped(uri)));
}

http::Response method_not_allowed(const http::Request& request) {
  http::Response refused =
      error_page(405, fmt::format("HTTP method {} is not supported by this URL", request.method), request.path);
  refused.headers.add("Allow", "GET, HEAD");
  return refused;
}

Task<void> Page::handle(const http::Request& request, http::RequestBody&, http::ResponseWriter& writer) {
  if (request.method != "GET" && request.method != "HEAD") {
    (void)co_await writer.send(method_not_allowed(request));
    co_return;
  }
  http::Response made = co_await run_on(executor_, [this, &request] { return make_(request); });
  (void)co_await writer.send(std::move(made));
}

InstrumentationAccess::InstrumentationAccess(const Settings& settings, const std::vector<std::string>& groups)
    : allowed_(!settings.requires_admin || !settings.authorization ||
               is_listed(settings.administrators, settings.static_user, groups)) {}

Page::Make InstrumentationAccess::guard(Page::Make make) const {
  if (allowed_) return make;
  return [](const http::Request& request) {
    return error_page(403, "Unauthenticated users are not authorized to access this page.", request.path);
  };
}

}  // namespace dfs::namenode
