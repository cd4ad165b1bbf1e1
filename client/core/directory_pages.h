#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/core/session.h"

namespace dfs::client {

// The entries of one directory, page after page, behind fs::Listing.
class DirectoryPages {
 public:
  // kFileNotFound where there is nothing at `path`.
  static Result<std::unique_ptr<DirectoryPages>> open(std::shared_ptr<Session> session, std::string path);
  Result<std::optional<fs::FileStatus>> next();

 private:
  DirectoryPages(std::shared_ptr<Session> session, std::string path)
      : session_(std::move(session)), path_(std::move(path)) {}

  std::shared_ptr<Session> session_;
  std::string path_;
  DirectoryPage page_;
  size_t position_ = 0;
};

}  // namespace dfs::client
