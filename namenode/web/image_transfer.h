#pragma once

#include <functional>
#include <string>

#include "namenode/commit/namespace_thread.h"
#include "namenode/journal/storage_version.h"
#include "proto/base/event_loop.h"
#include "proto/http/server.h"

namespace dfs::namenode {

// GET /imagetransfer (Hadoop's ImageServlet), by which `dfsadmin -fetchImage` gets an image: of the moment that is
// published when it is asked for. It is written to a file first, since its length and MD5 go ahead of it; one image is
// written or sent at a time, on a thread of its own. Like a stock NameNode without security it answers whoever asks.
class ImageTransfer final : public http::Handler {
 public:
  struct Settings {
    std::string directory;  // for the files, made and emptied here
    StorageVersion version;
    std::function<NamespaceThread::Moment()> published;
  };
  explicit ImageTransfer(Settings settings);
  ~ImageTransfer() override;

  Task<void> handle(const http::Request& request, http::RequestBody& body, http::ResponseWriter& writer) override;

 private:
  class Sending;
  Settings settings_;
  EventLoop loop_{"image"};
};

}  // namespace dfs::namenode
