#pragma once

#include <map>
#include <string>
#include <utility>

#include "proto/base/task.h"
#include "proto/http/server.h"

namespace dfs::namenode {

// Leaves each request to the handler of its path, or to the one for all others. All outlive this.
class ByPath final : public http::Handler {
 public:
  ByPath(http::Handler& others, std::map<std::string, http::Handler*> handlers)
      : others_(others), handlers_(std::move(handlers)) {}

  Task<void> handle(const http::Request& request, http::RequestBody& body, http::ResponseWriter& writer) override {
    auto found = handlers_.find(request.path);
    http::Handler& handler = found == handlers_.end() ? others_ : *found->second;
    co_await handler.handle(request, body, writer);
  }

 private:
  http::Handler& others_;
  std::map<std::string, http::Handler*> handlers_;
};

}  // namespace dfs::namenode
